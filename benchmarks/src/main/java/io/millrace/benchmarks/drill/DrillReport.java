package io.millrace.benchmarks.drill;

import io.millrace.events.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a drill found, and what of that may not be.
 *
 * @param calls that were sent
 * @param lost calls without an answer 30 s after their deadline
 * @param duplicateResults calls with two differing answers in all of {@code tool.results}
 * @param repeatedResults calls with equal answers more than once
 * @param nonIdempotentExecutedTwice calls whose line was appended more than once
 * @param okWithoutEffect calls answered OK whose line is missing
 * @param failedButIdempotent calls of the idempotent tool that were not answered OK
 * @param unknownOutcome non-idempotent calls answered OUTCOME_UNKNOWN
 * @param runningAtKills non-idempotent calls that ran under a claim at a kill
 * @param claimedAtKills those and the ones that were claimed, but had not begun
 * @param kills by {@code kill -9}
 * @param killedWhileRunning those that hit a non-idempotent task whose line was seen and whose end
 *     is not in the log before the kill
 * @param recoveryMsMax the longest time from a kill until a call sent after it was answered
 * @param inFlightAnsweredMsMax the longest time from a kill until all that was in flight then was
 *     answered
 * @param restarts in order
 * @param restartRecoveryMsMax as recovery, from asking the platform to stop
 * @param outcomes answers by outcome
 */
public record DrillReport(
    int calls,
    int lost,
    int duplicateResults,
    int repeatedResults,
    int nonIdempotentExecutedTwice,
    int okWithoutEffect,
    int failedButIdempotent,
    int unknownOutcome,
    int runningAtKills,
    int claimedAtKills,
    int kills,
    int killedWhileRunning,
    long recoveryMsMax,
    long inFlightAnsweredMsMax,
    int restarts,
    long restartRecoveryMsMax,
    Map<String, Integer> outcomes) {

  /** How long after its deadline a call counts as lost, milliseconds. */
  static final long LOST_AFTER_MILLIS = 30_000;

  private static final long RECOVERY_MAX_MILLIS = 10_000;
  private static final int KILLS_MIN = 5;
  private static final long LATE_MILLIS = 15_000;

  /** Judges the evidence. */
  static DrillReport of(Evidence evidence) {
    int lost = 0;
    int duplicates = 0;
    int repeated = 0;
    int withoutEffect = 0;
    int failed = 0;
    int unknown = 0;
    Map<String, Integer> outcomes = new TreeMap<>();
    for (Map.Entry<String, SentCall> entry : evidence.calls().entrySet()) {
      String id = entry.getKey();
      SentCall call = entry.getValue();
      List<Answer> answers = evidence.answers().getOrDefault(id, List.of());
      long answered = evidence.answeredAt().getOrDefault(id, Long.MAX_VALUE);
      if (answers.isEmpty() || answered > call.deadlineAt() + LOST_AFTER_MILLIS) {
        lost++;
      }
      if (answers.isEmpty()) {
        continue;
      }
      int different = new HashSet<>(answers).size();
      duplicates += different > 1 ? 1 : 0;
      repeated += different == 1 && answers.size() > 1 ? 1 : 0;
      Outcome outcome = answers.get(0).outcome();
      outcomes.merge(outcome.name(), 1, Integer::sum);
      if (call.idempotent()) {
        failed += outcome == Outcome.OK ? 0 : 1;
      } else {
        boolean ok = answers.stream().anyMatch(a -> a.outcome() == Outcome.OK);
        withoutEffect += ok && !evidence.effects().containsKey(id) ? 1 : 0;
        unknown += outcome == Outcome.OUTCOME_UNKNOWN ? 1 : 0;
      }
    }
    List<Long> killed = evidence.kills().stream().map(Kill::at).toList();
    return new DrillReport(
        evidence.calls().size(),
        lost,
        duplicates,
        repeated,
        (int) evidence.effects().values().stream().filter(lines -> lines > 1).count(),
        withoutEffect,
        failed,
        unknown,
        (int) evidence.running().stream().flatMap(Set::stream).distinct().count(),
        evidence.claimedAtKills(),
        evidence.kills().size(),
        whileRunning(evidence),
        killed.stream().mapToLong(at -> recovery(evidence, at)).max().orElse(0),
        killed.stream().mapToLong(at -> inFlightAnswered(evidence, at)).max().orElse(0),
        evidence.restarts().size(),
        evidence.restarts().stream().mapToLong(at -> recovery(evidence, at)).max().orElse(0),
        outcomes);
  }

  private static int whileRunning(Evidence evidence) {
    int count = 0;
    for (int i = 0; i < evidence.kills().size(); i++) {
      Set<String> running = evidence.running().get(i);
      count += evidence.kills().get(i).begun().stream().anyMatch(running::contains) ? 1 : 0;
    }
    return count;
  }

  /** From then until a call sent afterwards was answered; Long.MAX_VALUE if none was. */
  private static long recovery(Evidence evidence, long at) {
    long first = Long.MAX_VALUE;
    for (Map.Entry<String, Long> answered : evidence.answeredAt().entrySet()) {
      SentCall call = evidence.calls().get(answered.getKey());
      if (call != null && call.sentAt() > at) {
        first = Math.min(first, answered.getValue());
      }
    }
    return first == Long.MAX_VALUE ? first : first - at;
  }

  /** Operations that were in flight at a kill and answered late after it. */
  static Set<String> late(Evidence evidence) {
    Set<String> late = new TreeSet<>();
    for (Kill kill : evidence.kills()) {
      evidence
          .answeredAt()
          .forEach(
              (id, at) -> {
                SentCall call = evidence.calls().get(id);
                if (call != null && call.sentAt() <= kill.at() && at - kill.at() > LATE_MILLIS) {
                  late.add(id);
                }
              });
    }
    return late;
  }

  private static long inFlightAnswered(Evidence evidence, long at) {
    long last = at;
    for (Map.Entry<String, Long> answered : evidence.answeredAt().entrySet()) {
      SentCall call = evidence.calls().get(answered.getKey());
      if (call != null && call.sentAt() <= at) {
        last = Math.max(last, answered.getValue());
      }
    }
    return last - at;
  }

  /** What may not be, a line each; empty when the drill held. */
  public List<String> violations() {
    List<String> violations = new ArrayList<>();
    none(violations, lost, "calls have no answer 30 s after their deadline");
    none(violations, duplicateResults, "calls have two differing answers");
    none(violations, nonIdempotentExecutedTwice, "non-idempotent calls were run twice");
    none(violations, okWithoutEffect, "calls were answered OK without their effect");
    none(violations, failedButIdempotent, "idempotent calls failed");
    if (unknownOutcome > runningAtKills) {
      violations.add(
          "%d calls have an unknown outcome, but only %d ran at the kills"
              .formatted(unknownOutcome, runningAtKills));
    }
    if (killedWhileRunning < KILLS_MIN) {
      violations.add(
          "%d kills hit a running non-idempotent task; at least %d must"
              .formatted(killedWhileRunning, KILLS_MIN));
    }
    if (recoveryMsMax > RECOVERY_MAX_MILLIS) {
      violations.add(
          "calls were answered again %d ms after a kill; at most %d may pass"
              .formatted(recoveryMsMax, RECOVERY_MAX_MILLIS));
    }
    return violations;
  }

  private static void none(List<String> violations, int count, String what) {
    if (count != 0) {
      violations.add(count + " " + what);
    }
  }
}
