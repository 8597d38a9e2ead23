package io.millrace.topologies.health.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.store.SparseStore;
import io.millrace.events.CircuitState;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.schemas.serde.AvroSafety;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class TargetHealthTest {
  private static final long START = 1_767_225_600_000L;
  private static final HealthPolicy POLICY = new HealthPolicy(0.5, 10, 2_000, 0.1);
  private static final Outcome[] COUNTED = {
    Outcome.OK, Outcome.TOOL_ERROR, Outcome.TIMEOUT, Outcome.LOST
  };

  private static final List<Outcome> ANY = List.of(Outcome.values());

  static {
    AvroSafety.establish();
  }

  private TargetHealth health = new TargetHealth("tool:a", TargetKind.TOOL, null);

  private long clock;
  private final List<HealthSummary> flushed = new ArrayList<>();

  private HealthFold fold(String source) {
    return new HealthFold(source, () -> clock, flushed::add);
  }

  private List<HealthSummary> flushed(HealthFold fold, long now) {
    clock = now;
    fold.flush();
    List<HealthSummary> summaries = List.copyOf(flushed);
    flushed.clear();
    return summaries;
  }

  private static void add(HealthFold fold, Outcome outcome, double runMs, long epoch, long at) {
    fold.add("tool:a", TargetKind.TOOL, outcome, "E", runMs, 1, 2, 3, epoch, at);
  }

  private HealthSummary only(HealthFold fold, long now) {
    List<HealthSummary> summaries = flushed(fold, now);
    assertThat(summaries).hasSize(1);
    return summaries.get(0);
  }

  private HealthSummary attempts(int ok, int failed, long epoch, long at) {
    HealthFold fold = fold("test");
    for (int i = 0; i < ok; i++) {
      add(fold, Outcome.OK, 5, epoch, at);
    }
    for (int i = 0; i < failed; i++) {
      add(fold, Outcome.TOOL_ERROR, 5, epoch, at);
    }
    return only(fold, at);
  }

  @Property(tries = 100)
  void foldedAndMergedCountsEqualDirectCounting(@ForAll long seed) {
    health = new TargetHealth("tool:a", TargetKind.TOOL, null);
    Random random = new Random(seed);
    HealthFold[] folds = {fold("a"), fold("b"), fold("c")};
    HealthPolicy never = new HealthPolicy(2, 1, 1_000, 2);
    Map<Outcome, Long> direct = new EnumMap<>(Outcome.class);
    List<Double> latencies = new ArrayList<>();
    Map<String, Long> codes = new HashMap<>();
    long now = START;
    int events = 1 + random.nextInt(500);
    for (int i = 0; i < events; i++) {
      now = Math.min(START + 5_000, now + random.nextInt(20));
      Outcome outcome = ANY.get(random.nextInt(ANY.size()));
      double run = random.nextInt(1_000) / 3.0;
      String code = "E" + random.nextInt(3);
      folds[random.nextInt(3)].add("tool:a", TargetKind.TOOL, outcome, code, run, 1, 2, 3, 0, now);
      if (List.of(COUNTED).contains(outcome)) {
        direct.merge(outcome, 1L, Long::sum);
        if (outcome != Outcome.OK) {
          codes.merge(code, 1L, Long::sum);
        }
        if (outcome != Outcome.LOST) {
          latencies.add(run);
        }
      }
      if (random.nextInt(30) == 0) {
        flush(folds[random.nextInt(3)], never, now);
      }
    }
    for (HealthFold fold : folds) {
      flush(fold, never, now);
    }
    HealthStatus status = health.status(never, now);
    long sum = direct.values().stream().mapToLong(Long::longValue).sum();
    assertThat(status.getTotal()).isEqualTo(sum);
    assertThat(status.getWindowCount()).isEqualTo(sum);
    assertThat(status.getTotalOk()).isEqualTo(direct.getOrDefault(Outcome.OK, 0L));
    assertThat(status.getTotalToolErrors()).isEqualTo(direct.getOrDefault(Outcome.TOOL_ERROR, 0L));
    assertThat(status.getTotalTimeouts()).isEqualTo(direct.getOrDefault(Outcome.TIMEOUT, 0L));
    assertThat(status.getTotalLost()).isEqualTo(direct.getOrDefault(Outcome.LOST, 0L));
    if (sum > 0) {
      assertThat(status.getErrorsByCode()).isEqualTo(codes);
      assertThat(status.getErrorRate())
          .isCloseTo((sum - status.getTotalOk()) / (double) sum, within(1e-9));
    }
    if (!latencies.isEmpty()) {
      latencies.sort(null);
      double median = latencies.get((latencies.size() - 1) / 2);
      assertThat(status.getP50Ms()).isCloseTo(median, within(median * 0.011 + 1e-9));
    }
  }

  private void flush(HealthFold fold, HealthPolicy policy, long now) {
    flushed(fold, now).forEach(summary -> health.add(summary, policy, now));
  }

  @Property(tries = 200)
  void theCircuitMovesOnlyAsItMayAndItsEpochOnlyGrows(@ForAll long seed) {
    health = new TargetHealth("tool:a", TargetKind.TOOL, null);
    Random random = new Random(seed);
    long now = START;
    CircuitState circuit = CircuitState.CLOSED;
    long epoch = 0;
    long total = 0;
    for (int step = 0; step < 300; step++) {
      now += random.nextInt(500);
      boolean moved;
      if (random.nextBoolean()) {
        int ok = random.nextInt(6);
        int failed = 1 + random.nextInt(6);
        total += ok + failed;
        moved =
            health.add(attempts(ok, failed, random.nextInt(3) == 0 ? epoch : 0, now), POLICY, now);
      } else {
        moved = health.tick(POLICY, now);
      }
      HealthStatus status = health.status(POLICY, now);
      assertThat(status.getTotal()).isEqualTo(total);
      assertThat(status.getTotal())
          .isEqualTo(
              status.getTotalOk()
                  + status.getTotalToolErrors()
                  + status.getTotalTimeouts()
                  + status.getTotalLost());
      CircuitState after = status.getCircuit();
      List<CircuitState> may =
          switch (circuit) {
            case OPEN -> List.of(CircuitState.HALF_OPEN);
            case HALF_OPEN ->
                List.of(CircuitState.OPEN, CircuitState.CLOSED, CircuitState.HALF_OPEN);
            default -> List.of(CircuitState.OPEN);
          };
      if (moved) {
        assertThat(may).contains(after);
      } else {
        assertThat(after).isEqualTo(circuit);
      }
      boolean probing = moved && after == CircuitState.HALF_OPEN;
      assertThat(status.getProbeEpoch()).isEqualTo(probing ? epoch + 1 : epoch);
      circuit = after;
      epoch = status.getProbeEpoch();
    }
  }

  @Example
  void theCircuitOpensWithTheSummaryThatCrossesTheThreshold() {
    assertThat(health.add(attempts(5, 4, 0, START), POLICY, START)).isFalse();
    assertThat(health.add(attempts(0, 1, 0, START), POLICY, START)).isTrue();
    assertThat(health.status(POLICY, START).getCircuit()).isEqualTo(CircuitState.OPEN);
  }

  @Example
  void aProbeThatNobodyHearsOfIsFollowedByAnother() {
    health.add(attempts(0, 10, 0, START), POLICY, START);
    assertThat(health.tick(POLICY, START + 1_999)).isFalse();
    assertThat(health.tick(POLICY, START + 2_000)).isTrue();
    assertThat(health.status(POLICY, START + 2_000).getProbeEpoch()).isEqualTo(1);
    assertThat(health.tick(POLICY, START + 4_000)).isTrue();
    HealthStatus status = health.status(POLICY, START + 4_000);
    assertThat(status.getCircuit()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(status.getProbeEpoch()).isEqualTo(2);
    assertThat(health.add(attempts(1, 0, 1, START + 4_010), POLICY, START + 4_010)).isFalse();
    assertThat(health.add(attempts(1, 0, 2, START + 4_020), POLICY, START + 4_020)).isTrue();
    assertThat(health.status(POLICY, START + 4_020).getCircuit()).isEqualTo(CircuitState.CLOSED);
  }

  @Example
  void aLateFailureOfAnEarlierProbeDoesNotSpoilTheNext() {
    HealthFold fold = fold("test");
    add(fold, Outcome.TOOL_ERROR, 1, 3, START);
    add(fold, Outcome.OK, 1, 4, START);
    add(fold, Outcome.TOOL_ERROR, 1, 3, START);
    HealthSummary summary = only(fold, START);
    assertThat(summary.getProbeEpoch()).isEqualTo(4);
    assertThat(summary.getProbeOk()).isEqualTo(1);
    assertThat(summary.getProbeFailed()).isZero();
  }

  @Example
  void aSummaryThatIsInvalidAddsNothing() {
    HealthSummary noSketch = attempts(3, 0, 0, START);
    noSketch.setLatencySketch(ByteBuffer.wrap(new byte[] {9, 9, 9}));
    HealthSummary negative = attempts(3, 0, 0, START);
    negative.setOk(-1);
    for (HealthSummary bad : List.of(noSketch, negative)) {
      assertThatThrownBy(() -> health.add(bad, POLICY, START))
          .isInstanceOf(IllegalArgumentException.class);
    }
    HealthStatus status = health.status(POLICY, START);
    assertThat(status.getTotal()).isZero();
    assertThat(status.getWindowCount()).isZero();
  }

  @Example
  void latenciesThatNoClockEverMeasuredStopNothing() {
    HealthFold fold = fold("test");
    for (double run :
        new double[] {
          Double.MAX_VALUE, 1.7e308, Double.POSITIVE_INFINITY, Double.NaN, -1, Double.MIN_VALUE
        }) {
      add(fold, Outcome.OK, run, 0, START);
    }
    health.add(only(fold, START), POLICY, START);
    assertThat(health.status(POLICY, START).getTotal()).isEqualTo(6);
  }

  @Example
  void aRestoredStatusIsSaidAgainSinceItsWindowIsGone() {
    health.add(attempts(20, 0, 0, START), POLICY, START);
    HealthStatus kept = HealthStatus.newBuilder(health.status(POLICY, START)).build();
    TargetHealth restored = new TargetHealth("tool:a", TargetKind.TOOL, kept);
    assertThat(restored.changed()).isTrue();
    HealthStatus status = restored.status(POLICY, START + 1_000);
    assertThat(status.getTotal()).isEqualTo(20);
    assertThat(status.getWindowCount()).isZero();
  }

  @Example
  void failureCodesAreBoundedInNumberAndLength() {
    HealthFold fold = fold("test");
    for (int i = 0; i < 1_000; i++) {
      fold.add(
          "tool:a", TargetKind.TOOL, Outcome.TOOL_ERROR, "x".repeat(500) + i, 1, 0, 0, 0, 0, START);
      fold.add("tool:a", TargetKind.TOOL, Outcome.TOOL_ERROR, "E" + i, 1, 0, 0, 0, 0, START);
    }
    health.add(only(fold, START), new HealthPolicy(2, 1, 1, 1), START);
    Map<String, Long> codes = health.status(POLICY, START).getErrorsByCode();
    assertThat(codes).hasSizeLessThanOrEqualTo(34);
    assertThat(codes.keySet()).allSatisfy(code -> assertThat(code).hasSizeLessThan(200));
    assertThat(codes.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(2_000);
  }

  @Example
  void aTargetBeyondTheBoundFlushesThoseBeforeItAndNothingIsLost() {
    HealthFold fold = fold("test");
    clock = START;
    int targets = HealthFold.TARGETS_MAX + 5;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < targets; i++) {
        fold.add("tool:" + i, TargetKind.TOOL, Outcome.OK, "", 1, 0, 0, 0, 0, START);
      }
    }
    assertThat(flushed).hasSize(2 * HealthFold.TARGETS_MAX);
    List<HealthSummary> summaries = flushed(fold, START);
    assertThat(summaries.stream().map(HealthSummary::getTarget).distinct()).hasSize(targets);
    assertThat(summaries.stream().mapToLong(HealthSummary::getOk).sum()).isEqualTo(2L * targets);
    assertThat(summaries.stream().map(HealthSummary::getId).distinct()).hasSameSizeAs(summaries);
  }

  @Example
  void namesThatAreTooLongToBeSaidAgainAreCutWhenFoldedAndRefusedInASummary() {
    HealthFold fold = fold("test");
    fold.add("x".repeat(3 << 20), TargetKind.TOOL, Outcome.OK, "", 1, 0, 0, 0, 0, START);
    assertThat(only(fold, START).getTarget()).hasSize(HealthFold.TARGET_LENGTH_MAX);
    HealthSummary target = attempts(1, 0, 0, START);
    target.setTarget("x".repeat(HealthFold.TARGET_LENGTH_MAX + 1));
    HealthSummary code = attempts(0, 1, 0, START);
    code.setErrorsByCode(Map.of("x".repeat(HealthFold.CODE_LENGTH_MAX + 1), 1L));
    for (HealthSummary bad : List.of(target, code)) {
      assertThatThrownBy(() -> health.add(bad, POLICY, START))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(health.status(POLICY, START).getTotal()).isZero();
  }

  @Example
  void aTargetIsAskedForByWhatIsSentRefusedOrWaitingAndNotByWhatEnds() {
    assertThat(health.status(POLICY, START).getAskedAt()).isNull();
    health.add(attempts(1, 1, 0, START), POLICY, START);
    assertThat(health.status(POLICY, START).getAskedAt()).isNull();

    HealthFold fold = fold("test");
    fold.sent("tool:a", TargetKind.TOOL, false, START + 10);
    health.add(only(fold, START + 10), POLICY, START + 20);
    assertThat(health.status(POLICY, START + 20).getAskedAt().toEpochMilli()).isEqualTo(START + 10);
    fold.refused("tool:a", TargetKind.TOOL, START + 5);
    health.add(only(fold, START + 20), POLICY, START + 20);
    assertThat(health.status(POLICY, START + 20).getAskedAt().toEpochMilli()).isEqualTo(START + 10);
    fold.waiting("tool:a", TargetKind.TOOL, START + 100_000);
    health.add(only(fold, START + 30), POLICY, START + 30);
    assertThat(health.status(POLICY, START + 30).getAskedAt().toEpochMilli())
        .as("not in the future")
        .isEqualTo(START + 30);
    health.tick(POLICY, START);
    assertThat(health.status(POLICY, START).getAskedAt().toEpochMilli())
        .as("nor once the clock was set back")
        .isEqualTo(START);
  }

  @Example
  void whatIsSentRefusedAndInFlightAddsUpWithWhatItRestsOn() {
    HealthFold fold = fold("test");
    fold.sent("tool:a", TargetKind.TOOL, false, START);
    fold.sent("tool:a", TargetKind.TOOL, true, START + 1);
    fold.refused("tool:a", TargetKind.TOOL, START + 2);
    fold.calledOff("tool:a", TargetKind.TOOL, START + 3);
    fold.waiting("tool:a", TargetKind.TOOL, START + 3);
    fold.restsOn("tool:a", TargetKind.TOOL, "tool:b", START + 4);
    fold.flown("tool:a", TargetKind.TOOL, false, START + 25, START + 60);
    fold.flown("tool:a", TargetKind.TOOL, true, START + 40, START + 60);
    fold.flown("tool:a", TargetKind.TOOL, false, START + 90, START + 80);

    assertThat(flushed(fold, START + 100))
        .filteredOn(summary -> summary.getTarget().equals("tool:a"))
        .singleElement()
        .satisfies(
            summary -> {
              assertThat(summary.getSent()).isEqualTo(2);
              assertThat(summary.getRetries()).isEqualTo(1);
              assertThat(summary.getRefused()).isEqualTo(1);
              assertThat(summary.getCalledOff()).isEqualTo(1);
              assertThat(summary.getWaiting()).isEqualTo(1);
              assertThat(summary.getInFlightMs()).isEqualTo(55);
              assertThat(summary.getTimedOutMs()).isEqualTo(20);
              assertThat(summary.getDependsOn()).isEqualTo(Map.of("tool:b", 1L));
            });
  }

  @Example
  void aCircuitThatAClockAheadHasOpenedIsProbedInTimeAfterItWasSetBack() {
    long ahead = START + 3_600_000;
    health.add(attempts(0, 20, 0, ahead), POLICY, ahead);
    assertThat(health.status(POLICY, ahead).getCircuit()).isEqualTo(CircuitState.OPEN);
    health.tick(POLICY, START);
    assertThat(health.status(POLICY, START).getCircuit()).isEqualTo(CircuitState.OPEN);
    health.tick(POLICY, START + POLICY.openMillis());
    assertThat(health.status(POLICY, START + 2_000).getCircuit()).isEqualTo(CircuitState.HALF_OPEN);
  }

  @Example
  void whatIsCountedAfterAClockWasSetBackOpensTheCircuitAsEver() {
    long ahead = START + 3_600_000;
    health.add(attempts(0, 20, 0, ahead), POLICY, ahead);
    health.tick(POLICY, ahead + 2_000);
    long epoch = health.status(POLICY, ahead + 2_000).getProbeEpoch();
    health.add(attempts(1, 0, epoch, ahead + 2_100), POLICY, ahead + 2_100);
    assertThat(health.status(POLICY, ahead).getCircuit()).isEqualTo(CircuitState.CLOSED);
    health.add(attempts(100, 0, 0, ahead + 2_200), POLICY, ahead + 2_200);
    health.add(attempts(0, 20, 0, START), POLICY, START);
    assertThat(health.status(POLICY, START).getCircuit()).isEqualTo(CircuitState.OPEN);
    assertThat(health.status(POLICY, START).getWindowCount()).isEqualTo(20);
  }

  @Example
  void whatCannotBeInASummaryIsRefused() {
    assertRefused(summary -> summary.setSent(-1), "counts");
    assertRefused(summary -> summary.setOk(Long.MAX_VALUE), "counts");
    assertRefused(summary -> summary.setInFlightMs(Double.NaN), "in_flight_ms");
    assertRefused(summary -> summary.setInFlightMs(-1), "in_flight_ms");
    assertRefused(summary -> summary.setTimedOutMs(Double.NaN), "timed_out_ms");
    assertRefused(summary -> summary.setCalledOff(-1), "counts");
    assertRefused(
        summary -> summary.setDependsOn(Map.of("x".repeat(257), 1L)), "a target has 1 to 256");
    Map<String, Long> many = new HashMap<>();
    for (int i = 0; i < 17; i++) {
      many.put("tool:" + i, 1L);
    }
    assertRefused(summary -> summary.setDependsOn(many), "depends_on");
  }

  private void assertRefused(Consumer<HealthSummary> change, String named) {
    HealthSummary summary = attempts(1, 0, 0, START);
    change.accept(summary);
    assertThatThrownBy(() -> health.add(summary, POLICY, START))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named);
    assertThat(health.status(POLICY, START).getTotal()).isZero();
  }

  @Example
  void aSketchOfBinsFarApartTakesNoRoomAndOneOfNothingIsRefused() throws IOException {
    DDSketch apart = sketch();
    apart.getPositiveValueStore().add(Integer.MIN_VALUE / 2, 1);
    apart.getPositiveValueStore().add(Integer.MAX_VALUE / 2, 1);
    HealthSummary wide = attempts(2, 0, 0, START);
    wide.setLatencySketch(Sketches.bytes(apart));
    health.add(wide, POLICY, START);
    assertThat(health.status(POLICY, START).getWindowCount()).isEqualTo(2);

    DDSketch nothing = sketch();
    nothing.getPositiveValueStore().add(1, Double.NaN);
    HealthSummary empty = attempts(1, 0, 0, START);
    empty.setLatencySketch(Sketches.bytes(nothing));
    assertThatThrownBy(() -> health.add(empty, POLICY, START))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN latencies");
  }

  /** One that takes any bins, as somebody else may encode them. */
  private static DDSketch sketch() {
    return new DDSketch(Sketches.empty().getIndexMapping(), SparseStore::new);
  }
}
