package io.millrace.topologies.health.patterns.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.FailurePattern;
import io.millrace.events.FailurePatternReport;
import io.millrace.events.HealthSummary;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class TargetPatternsTest {
  private static final String A = "tool:a";
  private static final String B = "tool:b";

  private final PatternsRig rig = new PatternsRig(1);

  /** A is well for so many seconds. */
  private void well(int seconds) {
    rig.seconds(seconds, () -> rig.healthy(A));
  }

  /** Of each second's attempts at A so many succeed and so many fail. */
  private void failing(int seconds, int ok, int failed, Outcome failure) {
    rig.seconds(seconds, () -> rig.attempts(A, ok, failed, failure));
  }

  private FailurePatternReport first() {
    return rig.changes.get(0).report();
  }

  private long secondsAfter(Instant at) {
    return Duration.between(Instant.ofEpochMilli(PatternsRig.START), at).toSeconds();
  }

  @Example
  void whatKeepsFailingIsPersistentUntilItHasBeenWellForAMinute() {
    well(300);
    failing(300, 1, 9, Outcome.TOOL_ERROR);

    assertThat(rig.raised()).containsExactly(FailurePattern.PERSISTENT);
    assertThat(secondsAfter(first().getOnsetAt())).isBetween(295L, 305L);
    assertThat(secondsAfter(first().getRaisedAt())).isBetween(360L, 420L);
    assertThat(first().getConfidence()).isBetween(0.99, 1.0);
    assertThat(first().getBlamed()).isEqualTo(A);
    assertThat(rig.of(A).illSince()).isEqualTo(first().getOnsetAt());

    well(60);
    assertThat(rig.of(A).reports()).hasSize(1);
    well(60);
    assertThat(rig.of(A).reports()).isEmpty();
    assertThat(rig.of(A).illSince()).isNull();
    assertThat(rig.of(A).illFrom()).isEmpty();
    assertThat(rig.changes).hasSize(2).last().satisfies(c -> assertThat(c.raised()).isFalse());
  }

  @Example
  void aShareOfFailuresAmongSuccessesIsIntermittent() {
    well(300);
    failing(120, 8, 2, Outcome.TOOL_ERROR);

    assertThat(rig.raised()).containsExactly(FailurePattern.INTERMITTENT);
  }

  @Example
  void failuresThatComeBackAfterRecoveryAreIntermittent() {
    well(300);
    for (int i = 0; i < 3; i++) {
      failing(20, 0, 10, Outcome.LOST);
      well(60);
    }

    assertThat(rig.raised()).containsExactly(FailurePattern.INTERMITTENT);
    assertThat(secondsAfter(first().getOnsetAt())).isBetween(295L, 305L);
  }

  @Example
  void oneShortOutageIsNoPattern() {
    well(300);
    failing(20, 0, 10, Outcome.TOOL_ERROR);
    assertThat(rig.of(A).illSince()).isNotNull();
    well(300);

    assertThat(rig.changes).isEmpty();
    assertThat(rig.of(A).illSince()).isNull();
  }

  @Example
  void whoFailsAfterOneThatItDependsOnIsBlamedOnThatOne() {
    rig.seconds(
        300,
        () -> {
          rig.healthy(A);
          rig.healthy(B);
          rig.calls(A, B);
        });
    rig.seconds(
        10,
        () -> {
          rig.healthy(A);
          rig.attempts(B, 1, 9, Outcome.TOOL_ERROR);
        });
    rig.seconds(
        200,
        () -> {
          rig.attempts(A, 2, 8, Outcome.TOOL_ERROR);
          rig.attempts(B, 1, 9, Outcome.TOOL_ERROR);
        });

    assertThat(rig.of(A).reports())
        .singleElement()
        .satisfies(
            report -> {
              assertThat(report.getPattern()).isEqualTo(FailurePattern.CASCADING);
              assertThat(report.getBlamed()).isEqualTo(B);
            });
    assertThat(rig.of(B).reports())
        .singleElement()
        .satisfies(
            report -> {
              assertThat(report.getPattern()).isEqualTo(FailurePattern.PERSISTENT);
              assertThat(report.getBlamed()).isEqualTo(B);
            });
    assertThat(rig.raised()).hasSize(2);
  }

  @Example
  void whoFailsBesideOneThatItDoesNotDependOnIsNotBlamedOnIt() {
    rig.seconds(300, () -> both(10, 0));
    rig.seconds(200, () -> both(1, 9));

    assertThat(rig.raised()).containsExactly(FailurePattern.PERSISTENT, FailurePattern.PERSISTENT);
  }

  private void both(int ok, int failed) {
    rig.attempts(A, ok, failed, Outcome.TOOL_ERROR);
    rig.attempts(B, ok, failed, Outcome.TOOL_ERROR);
  }

  @Example
  void moreOfferedThanServedIsSaturation() {
    well(300);
    double[] wait = {100};
    rig.seconds(
        120,
        () -> {
          for (int i = 0; i < 15; i++) {
            rig.sent(A, false);
          }
          wait[0] += 500;
          for (int i = 0; i < 10; i++) {
            rig.ended(A, Outcome.OK, wait[0]);
          }
        });

    assertThat(rig.raised()).containsExactly(FailurePattern.SATURATION);
  }

  @Example
  void refusalsWhileAllIsSlowAreSaturation() {
    well(300);
    rig.seconds(
        120,
        () -> {
          for (int i = 0; i < 10; i++) {
            rig.sent(A, false);
            rig.refused(A);
            rig.ended(A, Outcome.OK, 2_000);
          }
        });

    assertThat(rig.raised()).containsExactly(FailurePattern.SATURATION);
  }

  @Example
  void twiceTheLoadAtTheSameLatencyIsNoPattern() {
    well(600);
    rig.seconds(1_800, () -> rig.attempts(A, 25, 0, Outcome.TOOL_ERROR));

    assertThat(rig.changes).isEmpty();
  }

  @Example
  void timeoutsThatAreTriedAgainWhileSuccessesGetSlowAreASpiral() {
    well(600);
    rig.seconds(
        120,
        () -> {
          for (int i = 0; i < 20; i++) {
            rig.sent(A, i >= 10);
            rig.ended(A, i < 14 ? Outcome.TIMEOUT : Outcome.OK, i < 14 ? 1_000 : 800);
          }
        });

    assertThat(rig.raised()).containsExactly(FailurePattern.TIMEOUT_SPIRAL);
  }

  @Example
  void latencyThatCreepsUpIsSlowDegradationAndAStepIsNot() {
    rig.seconds(1_800, () -> times(A, 100));
    double[] millis = {100};
    rig.seconds(2_400, () -> times(A, millis[0] *= 1.0004));

    assertThat(rig.raised()).containsExactly(FailurePattern.SLOW_DEGRADATION);
    assertThat(secondsAfter(first().getOnsetAt())).isBetween(1_500L, 2_100L);

    rig.changes.clear();
    rig.seconds(1_800, () -> times(B, 100));
    rig.seconds(3_600, () -> times(B, 190));
    assertThat(rig.changes).isEmpty();
  }

  private void times(String target, double millis) {
    for (int i = 0; i < 2; i++) {
      rig.sent(target, false);
      rig.ended(target, Outcome.OK, millis * Math.exp(0.5 * rig.random.nextGaussian()));
    }
  }

  @Property(tries = 20)
  void healthNamesNothingHoweverMuchOrLittleThereIs(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 200) int perTenSeconds) {
    PatternsRig quiet = new PatternsRig(seed);
    quiet.seconds(
        3_600,
        () -> {
          for (int i = 0; i < perTenSeconds; i++) {
            if (quiet.random.nextInt(10) == 0) {
              boolean fails = quiet.random.nextInt(50) == 0;
              quiet.sent(A, false);
              quiet.ended(
                  A,
                  fails ? Outcome.TOOL_ERROR : Outcome.OK,
                  100 * Math.exp(quiet.random.nextGaussian()));
            }
          }
        });

    assertThat(quiet.changes).isEmpty();
  }

  @Property(tries = 60)
  void aGlitchAloneNamesNothing(@ForAll long seed) {
    PatternsRig glitched = new PatternsRig(seed);
    glitched.seconds(200, () -> glitched.healthy(A));
    for (int i = 0; i < 3; i++) {
      HealthSummary wild = wild(glitched);
      glitched.of(A).add(wild, glitched.now);
      long jump = glitched.random.nextLong(-7_200_000, 7_200_000);
      if (glitched.random.nextBoolean()) {
        glitched.now += jump;
        glitched.seconds(1 + glitched.random.nextInt(20), () -> glitched.healthy(A));
        if (glitched.random.nextBoolean()) {
          glitched.now -= jump;
        }
      }
      glitched.seconds(400, () -> glitched.healthy(A));
    }

    assertThat(glitched.changes).isEmpty();
  }

  private static HealthSummary wild(PatternsRig rig) {
    HealthSummary summary =
        HealthSummary.newBuilder().setTarget(A).setKind(TargetKind.TOOL).build();
    long at =
        rig.random.nextInt(4) == 0
            ? rig.random.nextLong()
            : rig.now + rig.random.nextLong(-100_000, 100_000);
    summary.setFromAt(Instant.ofEpochMilli(at));
    summary.setToAt(Instant.ofEpochMilli(at));
    summary.setOk(rig.random.nextInt(1_000_000));
    summary.setToolErrors(rig.random.nextLong(1_000_000_000_000L));
    summary.setTimeouts(rig.random.nextInt(1_000_000));
    summary.setLatencySketch(ByteBuffer.allocate(0));
    summary.setDependsOn(Map.of("tool:x", -5L, "tool:y", Long.MAX_VALUE));
    return summary;
  }

  @Example
  void whatHoldsIsSeenToBeOverAlthoughTheClockWasSetBack() {
    well(300);
    failing(200, 1, 9, Outcome.TOOL_ERROR);
    assertThat(rig.of(A).reports()).hasSize(1);

    rig.now -= 3_600_000;
    well(150);

    assertThat(rig.of(A).reports()).isEmpty();
  }

  @Example
  void aTrendIsSeenAlthoughTheClockWasSetBack() {
    rig.seconds(1_800, () -> times(A, 100));
    rig.now -= 36_000_000;
    double[] millis = {100};
    rig.seconds(2_400, () -> times(A, millis[0] *= 1.0004));

    assertThat(rig.raised()).containsExactly(FailurePattern.SLOW_DEGRADATION);
  }

  @Example
  void failuresThatComeBackAfterARestartAreIntermittent() {
    well(300);
    failing(20, 0, 10, Outcome.LOST);
    well(60);
    rig.restart(A);
    failing(20, 0, 10, Outcome.LOST);

    assertThat(rig.raised()).containsExactly(FailurePattern.INTERMITTENT);
    assertThat(secondsAfter(first().getOnsetAt())).isBetween(295L, 305L);
  }

  @Example
  void restartsHideNoTrendAndEndNone() {
    rig.seconds(1_800, () -> times(A, 100));
    double[] millis = {100};
    for (int i = 0; i < 4; i++) {
      rig.restart(A);
      rig.seconds(600, () -> times(A, millis[0] *= 1.0004));
    }

    assertThat(rig.raised()).containsExactly(FailurePattern.SLOW_DEGRADATION);
    assertThat(rig.of(A).reports()).hasSize(1);
  }

  @Example
  void whatIsLongInHealthIsKnownAfterARestart() {
    well(600);
    rig.restart(A);
    rig.seconds(
        120,
        () -> {
          for (int i = 0; i < 10; i++) {
            rig.sent(A, false);
            rig.refused(A);
            rig.ended(A, Outcome.OK, 2_000);
          }
        });

    assertThat(rig.raised()).containsExactly(FailurePattern.SATURATION);
  }

  @Example
  void whoDependsOnWhomIsKnownAfterARestart() {
    rig.seconds(
        300,
        () -> {
          both(10, 0);
          rig.calls(A, B);
        });
    rig.restart(A);
    rig.seconds(
        10,
        () -> {
          rig.healthy(A);
          rig.attempts(B, 1, 9, Outcome.TOOL_ERROR);
        });
    rig.seconds(200, () -> both(1, 9));

    assertThat(rig.of(A).reports())
        .extracting(FailurePatternReport::getPattern)
        .containsExactly(FailurePattern.CASCADING);
  }

  @Example
  void memoryIsAskedForOnceAMinuteAndIsSmall() {
    rig.seconds(300, () -> both(10, 1));

    assertThat(rig.of(A).memory(rig.now)).hasSizeLessThan(16 << 10);
    rig.seconds(50, () -> both(10, 1));
    assertThat(rig.of(A).memory(rig.now)).isNull();
    rig.seconds(20, () -> both(10, 1));
    assertThat(rig.of(A).memory(rig.now)).isNotNull();
    assertThat(rig.of(A).memory(rig.now + 100_000)).isNull();
  }

  @Example
  void whatHeldBeforeARestartHoldsUntilItIsSeenToBeOver() {
    FailurePatternReport before =
        FailurePatternReport.newBuilder()
            .setPattern(FailurePattern.PERSISTENT)
            .setOnsetAt(Instant.ofEpochMilli(PatternsRig.START - 600_000))
            .setBlamed(A)
            .build();
    rig.patterns.put(A, new TargetPatterns(A, List.of(before)));
    failing(200, 0, 10, Outcome.TOOL_ERROR);

    assertThat(rig.changes).isEmpty();
    assertThat(rig.of(A).reports()).containsExactly(before);

    well(120);
    assertThat(rig.of(A).reports()).isEmpty();
  }
}
