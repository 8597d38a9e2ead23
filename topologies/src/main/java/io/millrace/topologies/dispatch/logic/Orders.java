package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.InferenceWork;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Words what dispatch tells the workers. */
final class Orders {
  private Orders() {}

  /**
   * The task of a flight's present attempt.
   *
   * @param work the run of a model that is asked for; null for a tool
   */
  static Task task(
      LiveFlight live,
      TargetSpec spec,
      @Nullable InferenceWork work,
      String arguments,
      long timeoutMillis,
      OperationKind kind,
      int homePartition,
      long now) {
    Flight flight = live.flight;
    Request request = flight.getRequest();
    Task task = new Task();
    task.setId(flight.getTaskId());
    task.setTenant(request.getTenant());
    task.setCorrelationId(request.getCorrelationId());
    task.setOccurredAt(Instant.ofEpochMilli(now));
    task.setTraceparent(request.getTraceparent());
    task.setOperationId(flight.getTaskOperationId());
    task.setFingerprint(live.fingerprint);
    task.setKind(kind);
    task.setTarget(spec.getTarget());
    task.setTargetVersion(spec.getVersion());
    task.setAttempt(flight.getAttempt());
    task.setSequence(flight.getSequence());
    task.setArguments(arguments);
    task.setClaimRequired(flight.getClaimRequired());
    task.setDeadlineAt(Instant.ofEpochMilli(live.sentUntil));
    task.setTimeoutMs(timeoutMillis);
    task.setHomePartition(homePartition);
    if (work != null) {
      task.setInference(work(live, work));
    }
    return task;
  }

  /** The inputs themselves while they are at hand, which is once; where they lie otherwise. */
  private static InferenceWork work(LiveFlight live, InferenceWork asked) {
    List<Tensor> inputs = live.inputs;
    if (inputs == null) {
      return asked;
    }
    live.inputs = null;
    InferenceWork work = new InferenceWork();
    work.setInputs(inputs);
    work.setOutputs(asked.getOutputs());
    work.setParameters(asked.getParameters());
    work.setPriority(asked.getPriority());
    work.setSequenceId(asked.getSequenceId());
    work.setSequenceStart(asked.getSequenceStart());
    work.setSequenceEnd(asked.getSequenceEnd());
    work.setStateCoordinates(asked.getStateCoordinates());
    work.setStateTaskId(asked.getStateTaskId());
    return work;
  }

  /** Gives back the claim of a flight whose worker has not been heard of since. */
  static Attempt release(LiveFlight live, OperationKind kind, long now) {
    Flight flight = live.flight;
    Attempt release = new Attempt();
    release.setId(Ids.derived(flight.getTaskId(), flight.getClaimId(), "release"));
    release.setTenant(flight.getRequest().getTenant());
    release.setCorrelationId(flight.getRequest().getCorrelationId());
    release.setOccurredAt(Instant.ofEpochMilli(now));
    release.setOperationId(flight.getTaskOperationId());
    release.setTaskId(flight.getTaskId());
    release.setFingerprint(live.fingerprint);
    release.setKind(kind);
    release.setPhase(AttemptPhase.RELEASE);
    release.setAttempt(flight.getAttempt());
    release.setSequence(flight.getSequence());
    release.setPool(flight.getPool());
    release.setClaimId(flight.getClaimId());
    release.setWorkerId("");
    release.setTarget(flight.getRequest().getTarget());
    release.setTargetVersion("");
    release.setOutcome(Outcome.UNKNOWN);
    return release;
  }

  /** A word about a task, under the operation id that the task carries. */
  static Control control(
      ControlType type,
      String tenant,
      String operationId,
      String taskId,
      String claimId,
      String reason,
      long now) {
    Control control = new Control();
    control.setId(Ids.derived(taskId, claimId, type.name()));
    control.setTenant(tenant);
    control.setCorrelationId("");
    control.setOccurredAt(Instant.ofEpochMilli(now));
    control.setOperationId(operationId);
    control.setType(type);
    control.setTaskId(taskId);
    control.setClaimId(claimId);
    control.setReason(reason);
    return control;
  }
}
