package io.millrace.benchmarks.decisions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.ToolResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReportsTest {
  private final Reports reports = new Reports("x-", 7);

  @Test
  void theCountsAreThoseOfTheReportsMade() {
    List<ToolResult> made = made(10_000);

    Map<String, Counts> counts = reports.counts();

    assertThat(counts.values().stream().mapToLong(Counts::total).sum()).isEqualTo(10_000);
    for (ToolResult report : made) {
      assertThat(counts).containsKey(report.getTarget());
    }
    assertThat(counts.values().stream().mapToLong(Counts::timeouts).sum())
        .isEqualTo(made.stream().filter(r -> r.getOutcome() == Outcome.TIMEOUT).count());
  }

  @Test
  void everyOutcomeOfARunComesFromOutside() {
    List<ToolResult> made = made(1_000);

    assertThat(made.stream().map(ToolResult::getOutcome).collect(Collectors.toSet()))
        .isEqualTo(Set.of(Outcome.OK, Outcome.TOOL_ERROR, Outcome.TIMEOUT, Outcome.LOST));
    assertThat(made).allMatch(r -> r.getServedBy() == ServedBy.EXTERNAL);
    assertThat(made).allMatch(r -> (r.getFailure() == null) == (r.getOutcome() == Outcome.OK));
  }

  @Test
  void oneReportTooFewOrInAnotherPlaceIsNoticed() {
    made(1_000);
    Map<String, Counts> sent = reports.counts();
    Map<String, Counts> missing = new HashMap<>(sent);
    missing.computeIfPresent(
        "tool:x-3", (t, c) -> new Counts(c.ok() - 1, c.toolErrors(), c.timeouts(), c.lost()));
    Map<String, Counts> moved = new HashMap<>(sent);
    moved.computeIfPresent(
        "tool:x-4", (t, c) -> new Counts(c.ok() - 1, c.toolErrors(), c.timeouts(), c.lost() + 1));

    assertThat(StatusWatch.differences(sent, sent)).isEmpty();
    assertThat(StatusWatch.differences(sent, missing)).contains("tool:x-3");
    assertThat(StatusWatch.differences(sent, moved)).contains("tool:x-4");
    assertThat(StatusWatch.differences(sent, Map.of())).contains("tool:x-0");
  }

  private List<ToolResult> made(int count) {
    List<ToolResult> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      made.add(reports.next(1_700_000_000_000L + i));
    }
    return made;
  }
}
