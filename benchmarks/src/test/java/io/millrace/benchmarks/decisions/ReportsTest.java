package io.millrace.benchmarks.decisions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.ToolResult;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ReportsTest {
  /** A field that the schema gets later must be filled here as well, or the benchmark ends. */
  @Test
  void everyReportCanBeWritten() throws IOException {
    Reports reports = new Reports("bench-", 1);
    for (int i = 0; i < 200; i++) {
      ToolResult report = reports.next(1_700_000_000_000L + i);
      assertThat(ToolResult.getEncoder().encode(report).remaining()).isPositive();
    }
  }
}
