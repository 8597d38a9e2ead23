package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceWork;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Words the calls of an ensemble's parts as requests.
 *
 * <p>Their ids follow from operation, attempt, step and model, so that an ensemble that begins
 * again makes the same calls again and gets the answers that were given.
 */
public final class EnsembleCalls {
  private final int home;

  /**
   * A request and the key it is written under.
   *
   * @param fingerprint the request's, so that it takes the short way into dispatch
   */
  public record Call(String fingerprint, InferenceRequest request) {}

  /**
   * @param home partition of the results that calls are answered on
   */
  public EnsembleCalls(int home) {
    this.home = home;
  }

  /**
   * A call.
   *
   * @param candidate number of the model
   * @param inputs those at hand
   * @param refers whether others are to be read where the task's inputs lie
   * @param patienceMs how long to wait for it, milliseconds; 0: as long as the task may take
   * @param now milliseconds since the epoch
   */
  Call call(
      Task task,
      EnsembleStep step,
      int candidate,
      List<Tensor> inputs,
      boolean refers,
      long patienceMs,
      long now) {
    String target = step.getCandidates().get(candidate).getTarget();
    int version = target.lastIndexOf('@');
    InferenceWork work = task.getInference();
    String id =
        Ids.part(
            task.getOperationId(), "%d/%s/%s".formatted(task.getAttempt(), step.getName(), target));
    InferenceRequest request = new InferenceRequest();
    request.setId(id);
    request.setTenant(task.getTenant());
    request.setCorrelationId(task.getCorrelationId());
    request.setOccurredAt(Instant.ofEpochMilli(now));
    request.setTraceparent(task.getTraceparent());
    request.setModel(version < 0 ? target : target.substring(0, version));
    request.setModelVersion(version < 0 ? null : target.substring(version + 1));
    request.setInputs(inputs);
    request.setInputsCoordinates(refers && work != null ? work.getInputsCoordinates() : null);
    request.setOutputs(List.of());
    request.setParameters(work == null ? Map.of() : work.getParameters());
    request.setPriority(work == null ? 0 : work.getPriority());
    long deadline = deadline(task);
    request.setDeadlineAt(
        Instant.ofEpochMilli(patienceMs > 0 ? Math.min(deadline, now + patienceMs) : deadline));
    request.setSequenceStart(false);
    request.setSequenceEnd(false);
    request.setReplyPartition(home);
    request.setParentId(task.getOperationId());
    return new Call(Fingerprint.ofOperation(id), request);
  }

  /** When a task must have ended: its deadline, or its timeout where that is sooner. */
  public static long deadline(Task task) {
    long deadline = task.getDeadlineAt().toEpochMilli();
    long timeout = task.getOccurredAt().toEpochMilli() + task.getTimeoutMs();
    return task.getTimeoutMs() > 0 ? Math.min(deadline, timeout) : deadline;
  }
}
