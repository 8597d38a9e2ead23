package io.millrace.topologies.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.WorkerStatus;
import io.millrace.schemas.serde.AvroSafety;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerTableTest {
  private static final long NOW = 1_000_000_000;
  private final WorkerTable workers = new WorkerTable();

  @BeforeEach
  void oneWorker() {
    AvroSafety.establish();
    workers.put("w", WorkerStatus.newBuilder().setWorkerId("w").build());
    assertThat(workers.heard(NOW)).hasSize(1);
  }

  @Test
  void aWorkerThatIsSilentIsForgotten() {
    for (int second = 1; second <= 5; second++) {
      assertThat(workers.heard(NOW + 1_000L * second)).hasSize(1);
    }
    assertThat(workers.heard(NOW + 6_000)).isEmpty();
  }

  @Test
  void aWorkerThatLeftIsForgottenAtOnce() {
    workers.put("w", null);

    assertThat(workers.heard(NOW + 1_000)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {3_600_000, -3_600_000})
  void noWorkerIsForgottenBecauseTheClockJumped(long jump) {
    assertThat(workers.heard(NOW + jump)).hasSize(1);
    assertThat(workers.heard(NOW + jump + 5_000)).hasSize(1);
    assertThat(workers.heard(NOW + jump + 6_000)).isEmpty();
  }
}
