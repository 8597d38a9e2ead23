package io.millrace.benchmarks.drill;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongBiFunction;

/** What the log says of claims: made, begun under, done; tells which ran at an instant. */
final class Claims {
  private final Map<String, Claim> made = new HashMap<>();
  private final Map<String, Long> begunAt = new HashMap<>();
  private final Map<String, Long> doneAt = new HashMap<>();

  private record Claim(String operationId, String worker, long at) {}

  void made(String claimId, String operationId, String worker, long at) {
    made.putIfAbsent(claimId, new Claim(operationId, worker, at));
  }

  void begun(String claimId, long at) {
    begunAt.merge(claimId, at, Math::min);
  }

  void done(String claimId, long at) {
    doneAt.merge(claimId, at, Math::min);
  }

  /** The operations that ran under a claim at a kill: begun before, and not done by then. */
  Set<String> runningAt(Kill kill) {
    return inHand(kill, (claimId, claim) -> begunAt.getOrDefault(claimId, Long.MAX_VALUE));
  }

  /**
   * The operations that a worker had claimed at a kill and not done by then, whether they had begun
   * or not.
   */
  Set<String> claimedAt(Kill kill) {
    return inHand(kill, (claimId, claim) -> claim.at);
  }

  private Set<String> inHand(Kill kill, ToLongBiFunction<String, Claim> begin) {
    Set<String> running = new HashSet<>();
    made.forEach(
        (claimId, claim) -> {
          long from = begin.applyAsLong(claimId, claim);
          long done = doneAt.getOrDefault(claimId, Long.MAX_VALUE);
          boolean hit = kill.worker().isEmpty() || kill.worker().equals(claim.worker);
          if (hit && from <= kill.at() && done >= kill.at()) {
            running.add(claim.operationId);
          }
        });
    return running;
  }
}
