package io.millrace.topologies.dispatch;

import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.ToolStep;
import io.millrace.schemas.ensemble.Parts;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.InputsDigest;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.topologies.guard.logic.Refusal;
import io.millrace.topologies.guard.logic.Tensors;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns inference requests into what dispatch works with, and its answers into inference results.
 *
 * <p>Tensors stay in the log: dispatch keeps where they lie. Small ones travel with the first task
 * all the same, which spares the worker a fetch.
 */
final class InferenceKind implements Kind<InferenceRequest, InferenceResult> {
  /** Outputs of more bytes are kept by where they lie. */
  static final int KEPT_BYTES_MAX = 4 << 10;

  /** What dispatch keeps of a request besides its inputs, UTF-16 units. */
  private static final int CONTEXT_LENGTH_MAX = 16 << 10;

  private static final int INLINE_BYTES_MAX = 256 << 10;
  private static final long DEADLINE_UNKNOWN_TARGET_MS = 60_000;

  /** Dispatch's rules for arguments hold for models as well: theirs are always these. */
  private static final String NO_ARGUMENTS = "{}";

  @Override
  public KindTopics<InferenceRequest, InferenceResult> topics() {
    return KindTopics.MODELS;
  }

  @Override
  public Topic<Task> tasks(String pool, Task task) {
    if (pool.equals(Parts.POOL)) {
      return InferenceTopics.ENSEMBLES;
    }
    InferenceWork work = task.getInference();
    return work == null || work.getSequenceId() == null
        ? Topics.inferenceTasks(pool)
        : Topics.inferenceSequences(pool);
  }

  @Override
  public Nodes nodes() {
    return Nodes.MODELS;
  }

  @Override
  public String target(InferenceRequest asked, TargetTable targets) {
    return targets.modelName(asked.getModel(), asked.getModelVersion());
  }

  @Override
  public Request request(
      InferenceRequest asked, @Nullable Target target, String name, Coordinates at, long now) {
    // A call of an ensemble may have inputs and name the place of others: both are read at its own.
    Coordinates inputsAt = asked.getInputs().isEmpty() ? asked.getInputsCoordinates() : null;
    String digest = inputsAt == null ? null : asked.getInputsDigest();
    if (digest == null) {
      digest = InputsDigest.of(asked);
    }
    InferenceWork work = new InferenceWork();
    work.setInputs(List.of());
    work.setInputsCoordinates(inputsAt == null ? at : inputsAt);
    work.setOutputs(asked.getOutputs());
    work.setParameters(asked.getParameters());
    work.setPriority(asked.getPriority());
    work.setSequenceId(asked.getSequenceId());
    work.setSequenceStart(asked.getSequenceStart());
    work.setSequenceEnd(asked.getSequenceEnd());
    work.setStateTaskId("");
    Request request = new Request();
    request.setOperationId(asked.getId());
    request.setTenant(asked.getTenant());
    request.setCorrelationId(asked.getCorrelationId());
    request.setTraceparent(asked.getTraceparent());
    request.setTarget(name);
    request.setTargetVersion(asked.getModelVersion());
    request.setArguments(NO_ARGUMENTS);
    request.setInference(work);
    request.setInputsDigest(digest);
    request.setInputBytes(
        inputsAt == null ? Tensors.bytes(asked.getInputs()) : asked.getInputsBytes());
    request.setContent(
        ((long) digest.hashCode() << 32) ^ TargetTable.bareModel(asked.getModel()).hashCode());
    request.setArrivedAt(now);
    Instant deadline = asked.getDeadlineAt();
    request.setDeadlineAt(
        deadline != null
            ? deadline.toEpochMilli()
            : now + (target == null ? DEADLINE_UNKNOWN_TARGET_MS : target.spec().getDeadlineMs()));
    request.setReplyPartition(asked.getReplyPartition());
    request.setParentId(asked.getParentId());
    request.setParentCall("");
    return request;
  }

  @Override
  public @Nullable Refusal check(InferenceRequest asked, @Nullable Target target) {
    int length = length(asked);
    if (length > CONTEXT_LENGTH_MAX) {
      return Refusal.of(
          "PARAMETERS_TOO_LARGE",
          "parameters, outputs and sequence_id have %d characters; expected at most %d"
              .formatted(length, CONTEXT_LENGTH_MAX));
    }
    if (target == null) {
      return null;
    }
    ModelSpec model = target.spec().getModel();
    if (model == null) {
      return Refusal.of(
          "TARGET_NO_MODEL",
          "%s says nothing of a model; apply it again with one".formatted(target.name()));
    }
    if (model.getSequenced() && asked.getSequenceId() == null) {
      return Refusal.of(
          "SEQUENCE_ID_MISSING",
          "%s keeps state between the requests of a sequence; give sequence_id, and sequence_start with the first of them"
              .formatted(target.name()));
    }
    if (!model.getSequenced() && asked.getSequenceId() != null) {
      return Refusal.of(
          "SEQUENCE_UNSUPPORTED",
          "sequence_id is given, but %s keeps no state between requests".formatted(target.name()));
    }
    return asked.getInputsCoordinates() != null
        ? null
        : Tensors.check(model, asked.getInputs(), asked.getOutputs());
  }

  private static int length(InferenceRequest asked) {
    int length = asked.getSequenceId() == null ? 0 : asked.getSequenceId().length();
    for (String output : asked.getOutputs()) {
      length += output.length();
    }
    for (Map.Entry<String, String> parameter : asked.getParameters().entrySet()) {
      length += parameter.getKey().length() + parameter.getValue().length();
    }
    return length;
  }

  @Override
  public String fingerprint(Request request, Target target) {
    InferenceWork work = request.getInference();
    String sequenceId = work == null ? null : work.getSequenceId();
    if (sequenceId != null) {
      return Fingerprint.ofSequence(request.getTenant(), target.name(), sequenceId);
    }
    String digest = request.getInputsDigest();
    return Fingerprint.ofInference(
        request.getTenant(),
        target.name(),
        target.spec().getVersion(),
        digest == null ? "" : digest);
  }

  @Override
  public @Nullable List<Tensor> inputs(InferenceRequest asked) {
    List<Tensor> inputs = asked.getInputs();
    return asked.getInputsCoordinates() != null || Tensors.bytes(inputs) > INLINE_BYTES_MAX
        ? null
        : inputs;
  }

  @Override
  public InferenceRequest routed(Request request) {
    InferenceWork work = request.getInference();
    if (work == null) {
      throw new IllegalArgumentException(
          "operation %s is no request to a model".formatted(request.getOperationId()));
    }
    InferenceRequest asked = new InferenceRequest();
    asked.setId(request.getOperationId());
    asked.setTenant(request.getTenant());
    asked.setCorrelationId(request.getCorrelationId());
    asked.setOccurredAt(Instant.ofEpochMilli(request.getArrivedAt()));
    asked.setTraceparent(request.getTraceparent());
    // With its version the name is told apart again.
    asked.setModel(
        request.getTargetVersion() == null
            ? request.getTarget()
            : TargetTable.bareModel(request.getTarget()));
    asked.setInputs(List.of());
    asked.setInputsCoordinates(work.getInputsCoordinates());
    asked.setInputsDigest(request.getInputsDigest());
    asked.setInputsBytes(request.getInputBytes());
    asked.setModelVersion(request.getTargetVersion());
    asked.setOutputs(work.getOutputs());
    asked.setParameters(work.getParameters());
    asked.setPriority(work.getPriority());
    asked.setDeadlineAt(Instant.ofEpochMilli(request.getDeadlineAt()));
    asked.setSequenceId(work.getSequenceId());
    asked.setSequenceStart(work.getSequenceStart());
    asked.setSequenceEnd(work.getSequenceEnd());
    asked.setReplyPartition(request.getReplyPartition());
    asked.setParentId(request.getParentId());
    return asked;
  }

  @Override
  public InferenceResult result(Request request, Answer answer) {
    InferenceResult result = new InferenceResult();
    result.setId(answer.getResultId());
    result.setTenant(request.getTenant());
    result.setCorrelationId(request.getCorrelationId());
    result.setOccurredAt(Instant.ofEpochMilli(answer.getAnsweredAt()));
    result.setTraceparent(request.getTraceparent());
    result.setOperationId(request.getOperationId());
    result.setTarget(request.getTarget());
    result.setModelVersion(answer.getTargetVersion());
    result.setOutcome(answer.getOutcome());
    result.setFailure(answer.getFailure());
    result.setServedBy(answer.getServedBy());
    result.setAttempts(answer.getAttempts());
    result.setLatencyMs(answer.getLatencyMs());
    result.setCostMicros(answer.getCostMicros());
    result.setReplyPartition(request.getReplyPartition());
    result.setParentId(request.getParentId());
    InferenceRun run = answer.getInference();
    result.setOutputs(run == null ? List.of() : run.getOutputs());
    // Where they are at hand they need not be looked for.
    result.setOutputsCoordinates(
        run == null || !run.getOutputs().isEmpty() ? null : run.getOutputsCoordinates());
    result.setParameters(run == null ? Map.of() : run.getParameters());
    result.setQueueMs(answer.getQueueMs());
    result.setBatchMs(run == null ? 0 : run.getBatchMs());
    result.setComputeMs(run == null ? 0 : run.getComputeMs());
    result.setBatchSize(run == null ? 0 : run.getBatchSize());
    result.setDevice(run == null ? "" : run.getDevice());
    result.setChunk(run == null ? 0 : run.getChunk());
    result.setLast(run == null || run.getLast());
    result.setInputBytes(request.getInputBytes());
    return result;
  }

  @Override
  public @Nullable Integer replyPartition(InferenceResult result) {
    return result.getReplyPartition();
  }

  @Override
  public @Nullable ToolStep step(Request request, Answer answer) {
    return null;
  }
}
