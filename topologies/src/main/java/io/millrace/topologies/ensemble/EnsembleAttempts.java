package io.millrace.topologies.ensemble;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Cancel;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRun;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.schemas.ensemble.Parts;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;

/** Words what an ensemble says to dispatch: how its tasks fare, and which calls it takes back. */
final class EnsembleAttempts {
  private final String worker;

  /**
   * @param worker names the stream task that runs the ensembles
   */
  EnsembleAttempts(String worker) {
    this.worker = worker;
  }

  /** A task ended well. */
  Attempt done(Task task, InferenceRun run, long costMicros, long now) {
    Attempt done = attempt(task, AttemptPhase.DONE, now);
    done.setOutcome(Outcome.OK);
    done.setInference(run);
    done.setCostMicros(costMicros);
    done.setRetryable(false);
    return done;
  }

  /** A task failed; what is not an attempt's end by its nature is a tool error. */
  Attempt failed(Task task, Outcome outcome, Failure failure, boolean retryable, long now) {
    Attempt failed = attempt(task, AttemptPhase.DONE, now);
    failed.setOutcome(outcome == Outcome.TIMEOUT ? Outcome.TIMEOUT : Outcome.TOOL_ERROR);
    failed.setFailure(failure);
    failed.setRetryable(retryable);
    return failed;
  }

  /** A word about a task. */
  Attempt attempt(Task task, AttemptPhase phase, long now) {
    Attempt attempt = new Attempt();
    attempt.setId(Ids.derived(task.getId(), phase.name(), Long.toString(now)));
    attempt.setTenant(task.getTenant());
    attempt.setCorrelationId(task.getCorrelationId());
    attempt.setOccurredAt(Instant.ofEpochMilli(now));
    attempt.setTraceparent(task.getTraceparent());
    attempt.setOperationId(task.getOperationId());
    attempt.setTaskId(task.getId());
    attempt.setFingerprint(task.getFingerprint());
    attempt.setKind(OperationKind.INFERENCE);
    attempt.setPhase(phase);
    attempt.setAttempt(task.getAttempt());
    attempt.setSequence(task.getSequence());
    attempt.setPool(Parts.POOL);
    attempt.setClaimId("");
    attempt.setWorkerId(worker);
    attempt.setTarget(task.getTarget());
    attempt.setTargetVersion(task.getTargetVersion());
    attempt.setOutcome(Outcome.UNKNOWN);
    attempt.setRetryable(true);
    attempt.setRunMs((double) (now - task.getOccurredAt().toEpochMilli()));
    return attempt;
  }

  /** Takes back a call that nobody waits for any more. */
  Cancel cancel(Task task, String call, long now) {
    Cancel cancel = new Cancel();
    cancel.setId(Ids.derived(call, "cancel"));
    cancel.setTenant(task.getTenant());
    cancel.setCorrelationId(task.getCorrelationId());
    cancel.setOccurredAt(Instant.ofEpochMilli(now));
    cancel.setOperationId(call);
    cancel.setReason("the ensemble ended");
    return cancel;
  }

  /** The key of a record about a call. */
  static String key(String call) {
    return Fingerprint.ofOperation(call);
  }
}
