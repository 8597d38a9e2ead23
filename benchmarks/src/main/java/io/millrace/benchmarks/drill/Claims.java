package io.millrace.benchmarks.drill;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What the log says of claims: made, granted, done; tells which ran at an instant. */
final class Claims {
  private final Map<String, Claim> made = new HashMap<>();
  private final Map<String, Long> grantedAt = new HashMap<>();
  private final Map<String, Long> doneAt = new HashMap<>();

  private record Claim(String operationId, String worker) {}

  void made(String claimId, String operationId, String worker) {
    made.putIfAbsent(claimId, new Claim(operationId, worker));
  }

  void granted(String claimId, long at) {
    grantedAt.merge(claimId, at, Math::min);
  }

  void done(String claimId, long at) {
    doneAt.merge(claimId, at, Math::min);
  }

  /** The operations that ran under a grant at a kill: granted before, and not done by then. */
  Set<String> runningAt(Kill kill) {
    Set<String> running = new HashSet<>();
    made.forEach(
        (claimId, claim) -> {
          long granted = grantedAt.getOrDefault(claimId, Long.MAX_VALUE);
          long done = doneAt.getOrDefault(claimId, Long.MAX_VALUE);
          boolean hit = kill.worker().isEmpty() || kill.worker().equals(claim.worker);
          if (hit && granted <= kill.at() && done >= kill.at()) {
            running.add(claim.operationId);
          }
        });
    return running;
  }
}
