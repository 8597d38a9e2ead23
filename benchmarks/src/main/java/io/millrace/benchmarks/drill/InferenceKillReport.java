package io.millrace.benchmarks.drill;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What the drill found.
 *
 * @param calls requests that were sent
 * @param ok requests with an answer that is OK
 * @param lost requests without an answer 30 s after their deadline
 * @param unknownOutcome requests of which nobody knows whether they ran
 * @param unknownMax how many of those there may be: for models that keep state what was in flight
 *     at the kills, for others none
 * @param duplicateResults requests with more than one answer in all of {@code inference.results}
 * @param wrongOutput requests with an answer that is OK and not right
 * @param kills by {@code kill -9}
 * @param recoveryS the longest time from a kill until everything in flight then was answered,
 *     seconds
 * @param failure of one request that is not OK; empty for none
 */
public record InferenceKillReport(
    int calls,
    int ok,
    int unknownOutcome,
    int unknownMax,
    int lost,
    int duplicateResults,
    int wrongOutput,
    int kills,
    double recoveryS,
    String failure) {
  private static final double RECOVERY_MAX_S = 10;

  /** Judges what was sent and answered. */
  static InferenceKillReport of(
      List<InferenceDriver.Sent> requests, List<Long> kills, int unknownMax) {
    return new InferenceKillReport(
        requests.size(),
        count(requests, r -> r.ok() > 0),
        count(requests, r -> r.unknown() > 0),
        unknownMax,
        count(requests, r -> r.answeredAt() > r.deadlineAt + DrillReport.LOST_AFTER_MILLIS),
        count(requests, r -> r.answers() > 1),
        count(requests, InferenceDriver.Sent::wrong),
        kills.size(),
        kills.stream().mapToLong(at -> recovery(requests, at)).max().orElse(0) / 1e3,
        requests.stream()
            .map(InferenceDriver.Sent::failure)
            .filter(f -> !f.isEmpty())
            .findFirst()
            .orElse(""));
  }

  private static int count(
      List<InferenceDriver.Sent> requests, Predicate<InferenceDriver.Sent> which) {
    return (int) requests.stream().filter(which).count();
  }

  private static long recovery(List<InferenceDriver.Sent> requests, long at) {
    return requests.stream()
        .filter(r -> r.sentAt <= at && r.answeredAt() != Long.MAX_VALUE)
        .mapToLong(r -> Math.max(0, r.answeredAt() - at))
        .max()
        .orElse(0);
  }

  /** What may not be, a line each; empty when the drill held. */
  public List<String> violations() {
    List<String> violations = new ArrayList<>();
    if (ok + Math.min(unknownOutcome, unknownMax) != calls) {
      violations.add(
          "%d of %d requests were not answered OK, %d of them OUTCOME_UNKNOWN (at most %d), such as %s"
              .formatted(calls - ok, calls, unknownOutcome, unknownMax, failure));
    }
    if (lost > 0) {
      violations.add(lost + " requests have no answer 30 s after their deadline");
    }
    if (duplicateResults > 0) {
      violations.add(duplicateResults + " requests have more than one answer");
    }
    if (wrongOutput > 0) {
      violations.add(wrongOutput + " requests have other outputs than they must have");
    }
    if (recoveryS > RECOVERY_MAX_S) {
      violations.add(
          "what was in flight at a kill was answered after %.1f s; at most %.0f may pass"
              .formatted(recoveryS, RECOVERY_MAX_S));
    }
    return violations;
  }
}
