package io.millrace.benchmarks.patterns;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.FailurePattern;
import io.millrace.events.HealthSummary;
import io.millrace.events.TargetKind;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.topologies.health.logic.HealthFold;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FleetTest {
  static {
    AvroSafety.establish();
  }

  private final List<HealthSummary> summaries = new ArrayList<>();
  private final HealthFold fold = new HealthFold("test", () -> 0, summaries::add);

  private SimulatedTarget target(double rate, int servers, int attempts) {
    TargetShape shape = new TargetShape(rate, 0.1, 0.2, servers, true, 1, attempts, 10_000, 0, 2);
    return new SimulatedTarget("tool:a", shape, List.of(fold), new Talks(), 0, new Random(1));
  }

  private HealthSummary seconds(SimulatedTarget target, int from, int to) {
    for (int second = from; second < to; second++) {
      target.pass(second);
    }
    summaries.clear();
    fold.flush();
    return summaries.get(0);
  }

  @Test
  void everyPatternIsInjectedAndTheSameSeedGivesTheSameFleet() {
    Fleet fleet = Fleet.ill(new Random(5), List.of(fold), 0);

    assertThat(fleet.injections().stream().map(Injection::pattern).collect(Collectors.toSet()))
        .hasSize(FailurePattern.values().length - 1);
    assertThat(Fleet.ill(new Random(5), List.of(fold), 0).injections())
        .isEqualTo(fleet.injections());
    assertThat(Fleet.quiet(new Random(5), List.of(fold), 0).injections()).isEmpty();
  }

  @Test
  void aTargetWithRoomServesWhatArrives() {
    HealthSummary seen = seconds(target(20, 20, 1), 0, 100);

    assertThat(seen.getSent()).isBetween(1_800L, 2_200L);
    assertThat(seen.getOk()).isGreaterThan(seen.getSent() - 30);
    assertThat(seen.getKind()).isEqualTo(TargetKind.TOOL);
  }

  @Test
  void overloadWithRetriesCollapsesGoodput() {
    HealthSummary seen = seconds(target(20, 1, 3), 0, 100);

    // One server could do about ten a second; it works for nobody instead.
    assertThat(seen.getRetries()).isGreaterThan(1_000);
    assertThat(seen.getTimeouts()).isGreaterThan(10 * seen.getOk());
  }

  @Test
  void whatIsInjectedFailsFromItsOnsetToItsEnd() {
    SimulatedTarget target = target(20, 20, 1);
    target.course.addFailing(Course.during(100, 200, 0.8, 0));

    assertThat(failedShare(seconds(target, 0, 99))).isZero();
    assertThat(failedShare(seconds(target, 99, 200))).isBetween(0.7, 0.9);
    assertThat(failedShare(seconds(target, 200, 300))).isLessThan(0.01);
  }

  private static double failedShare(HealthSummary seen) {
    return (double) seen.getToolErrors() / (seen.getOk() + seen.getToolErrors());
  }
}
