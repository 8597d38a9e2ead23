package io.millrace.benchmarks.drill;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DrillReportTest {
  private static final Answer OK = new Answer(Outcome.OK, "{}", "");
  private static final Answer UNKNOWN = new Answer(Outcome.OUTCOME_UNKNOWN, "", "silent");
  private static final String SLEEP = "sleep-0";
  private static final String APPEND = "append-0";

  private final Map<String, SentCall> calls = new HashMap<>();
  private final Map<String, Long> answeredAt = new HashMap<>();
  private final Map<String, List<Answer>> answers = new HashMap<>();
  private final Map<String, Integer> effects = new HashMap<>();
  private final List<Kill> kills = new ArrayList<>();
  private final List<Set<String>> running = new ArrayList<>();

  /** Calls of both kinds every 100 ms, each answered 50 ms later, and five kills in between. */
  @BeforeEach
  void aDrillThatHolds() {
    for (int i = 0; i < 20; i++) {
      add("sleep-" + i, true, i * 100L);
      add("append-" + i, false, i * 100L);
      effects.put("append-" + i, 1);
    }
    for (int i = 0; i < 5; i++) {
      String hit = "append-" + (2 * i + 1);
      kills.add(new Kill((2 * i + 1) * 100L + 20, "", Set.of(hit)));
      running.add(Set.of(hit));
    }
  }

  @Test
  void aDrillThatHoldsHasNoViolations() {
    DrillReport report = report();

    assertThat(report.violations()).isEmpty();
    assertThat(report.calls()).isEqualTo(40);
    assertThat(report.kills()).isEqualTo(5);
    assertThat(report.killedWhileRunning()).isEqualTo(5);
    assertThat(report.runningAtKills()).isEqualTo(5);
    assertThat(report.recoveryMsMax()).isEqualTo(130);
    assertThat(report.inFlightAnsweredMsMax()).isEqualTo(30);
    assertThat(report.outcomes()).isEqualTo(Map.of("OK", 40));
  }

  @Test
  void aCallWithoutAnswerIsLost() {
    answers.remove(SLEEP);
    answeredAt.remove(SLEEP);

    assertThat(report().lost()).isEqualTo(1);
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void anAnswerLaterThanThirtySecondsAfterTheDeadlineIsLost() {
    answeredAt.put(SLEEP, 60_000L + 30_000L);
    assertThat(report().lost()).isZero();

    answeredAt.put(SLEEP, 60_000L + 30_001L);
    assertThat(report().lost()).isEqualTo(1);
  }

  @Test
  void twoDifferingAnswersAreADuplicate() {
    answers.put(APPEND, List.of(OK, UNKNOWN));

    assertThat(report().duplicateResults()).isEqualTo(1);
    assertThat(report().repeatedResults()).isZero();
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void equalAnswersAreARepetitionAndMayBe() {
    answers.put(APPEND, List.of(OK, OK, OK));

    assertThat(report().repeatedResults()).isEqualTo(1);
    assertThat(report().violations()).isEmpty();
  }

  @Test
  void twoLinesOfOneCallAreARunTooMany() {
    effects.put(APPEND, 2);

    assertThat(report().nonIdempotentExecutedTwice()).isEqualTo(1);
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void anOkWithoutItsLineIsALie() {
    effects.remove(APPEND);

    assertThat(report().okWithoutEffect()).isEqualTo(1);
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void anIdempotentCallMayNotFail() {
    answers.put(SLEEP, List.of(new Answer(Outcome.LOST, "", "gone")));

    assertThat(report().failedButIdempotent()).isEqualTo(1);
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void unknownOutcomesMayNotBeMoreThanWhatRanAtTheKills() {
    for (int i = 0; i < 5; i++) {
      answers.put("append-" + i, List.of(UNKNOWN));
    }
    assertThat(report().unknownOutcome()).isEqualTo(5);
    assertThat(report().violations()).isEmpty();

    answers.put("append-5", List.of(UNKNOWN));
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void aKillThatHitNoRunningTaskDoesNotCount() {
    running.set(2, Set.of("append-19"));

    assertThat(report().killedWhileRunning()).isEqualTo(4);
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void aRecoveryOverTenSecondsIsAViolation() {
    calls.forEach(
        (id, call) -> {
          if (call.sentAt() > 900) {
            answeredAt.put(id, 920L + 10_001);
          }
        });

    assertThat(report().recoveryMsMax()).isEqualTo(10_001);
    assertThat(report().violations()).hasSize(1);
  }

  @Test
  void aPlatformThatNeverAnswersAgainHasNotRecovered() {
    calls.keySet().removeIf(id -> calls.getOrDefault(id, call(true, 0)).sentAt() > 900);

    assertThat(report().recoveryMsMax()).isEqualTo(Long.MAX_VALUE);
    assertThat(report().violations()).isNotEmpty();
  }

  private void add(String id, boolean idempotent, long at) {
    calls.put(id, call(idempotent, at));
    answeredAt.put(id, at + 50);
    answers.put(id, List.of(OK));
  }

  private static SentCall call(boolean idempotent, long at) {
    return new SentCall(idempotent, at, at + 60_000);
  }

  private DrillReport report() {
    return DrillReport.of(
        new Evidence(calls, answeredAt, answers, effects, kills, List.of(), running, 5));
  }
}
