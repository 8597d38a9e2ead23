package io.millrace.benchmarks.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkerProcessTest {

  @Test
  void tasksOfAllOutcomesAreAddedUpAndNothingElse() {
    String metrics =
        """
        # TYPE millrace_worker_tasks_total counter
        millrace_worker_tasks_total{outcome="OK"} 12345.0
        millrace_worker_tasks_total{outcome="TIMEOUT"} 2.0
        millrace_worker_tasks_repeated_total 7.0
        millrace_worker_running{pool="default"} 3.0
        """;

    assertThat(WorkerProcess.total(metrics)).isEqualTo(12_347);
  }
}
