package io.millrace.inference;

import io.millrace.events.Attempt;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.repository.SequencePlan;
import io.millrace.inference.runtime.Elements;
import io.millrace.inference.runtime.Request;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Runs one request of a sequence: with the state that the request before it left, and what the
 * model wants to be told of its place in the sequence; what it leaves goes with its result.
 */
final class SequenceRun {

  private final TaskContext context;
  private final LoadedModel model;
  private final SequencePlan plan;
  private final InferenceWork work;
  private final SequenceStates kept;

  /**
   * A run that has not begun.
   *
   * @param kept the states that this worker has at hand
   */
  SequenceRun(
      TaskContext context,
      LoadedModel model,
      SequencePlan plan,
      InferenceWork work,
      SequenceStates kept) {
    this.context = context;
    this.model = model;
    this.plan = plan;
    this.work = work;
    this.kept = kept;
  }

  /** The state that it goes on from, where that is at hand; null: it is to be read. */
  @Nullable List<Tensor> state() {
    if (work.getSequenceStart() || work.getStateTaskId().isEmpty() || plan.states().isEmpty()) {
      List<Tensor> initial = new ArrayList<>();
      for (SequencePlan.State state : plan.states()) {
        initial.add(Tensors.empty(model.input(state.input()), model.batched()));
      }
      return initial;
    }
    return kept.get(context.task().getFingerprint(), work.getStateTaskId());
  }

  /**
   * The state that an attempt left.
   *
   * @throws ModelException STATE_GONE if it left none
   */
  static List<Tensor> stateOf(Attempt attempt) {
    InferenceRun run = attempt.getInference();
    if (run == null || run.getStates().isEmpty()) {
      throw new ModelException(
          "STATE_GONE",
          "The attempt that the sequence goes on from has no state; begin the sequence again",
          false);
    }
    return run.getStates();
  }

  /**
   * Runs it; does not block.
   *
   * @param given the caller's inputs
   * @param state that it goes on from
   * @param deadline after this it is not begun, {@link System#nanoTime}
   * @throws ModelException if the inputs do not do
   */
  CompletionStage<RunResult> start(List<Tensor> given, List<Tensor> state, long deadline) {
    model.check(given);
    if (model.batched() && given.stream().anyMatch(input -> input.getShape().get(0) != 1)) {
      throw ModelException.input("a request of a sequence has one row; send each row by itself");
    }
    List<Tensor> inputs = new ArrayList<>(given);
    inputs.addAll(state);
    for (SequencePlan.Control control : plan.controls()) {
      inputs.add(control(control));
    }
    Set<String> seen = model.wanted(work.getOutputs());
    Set<String> hidden = new HashSet<>();
    plan.states().forEach(of -> hidden.add(of.output()));
    Set<String> needed = new HashSet<>(hidden);
    for (TensorSignature output : model.contract().asked().outputs()) {
      if (seen.isEmpty() || seen.contains(output.getName())) {
        needed.add(output.getName());
      }
    }
    return model
        .submit(inputs, needed, work.getPriority(), deadline, context.cancellation()::onCancel)
        .answer()
        .handle(
            (answer, failure) ->
                answer == null ? InferenceRunner.failed(failure) : result(answer, hidden));
  }

  private RunResult result(Request.Answer answer, Set<String> hidden) {
    List<Tensor> outputs = new ArrayList<>();
    List<Tensor> states = new ArrayList<>();
    for (Tensor output : answer.outputs()) {
      if (!hidden.contains(output.getName())) {
        outputs.add(output);
      }
      for (SequencePlan.State state : plan.states()) {
        if (state.output().equals(output.getName())) {
          states.add(Tensors.named(state.input(), output));
        }
      }
    }
    if (work.getSequenceEnd()) {
      states.clear();
      kept.forget(context.task().getFingerprint());
    } else {
      kept.put(context.task().getFingerprint(), context.task().getId(), states);
    }
    InferenceRun run = InferenceRunner.run(answer, outputs, model, 0, true, "");
    run.setStates(states);
    return RunResult.ok(run, context.target().getCostMicros());
  }

  private Tensor control(SequencePlan.Control control) {
    TensorSignature input = model.input(control.input());
    List<Long> ones = input.getShape().stream().map(length -> 1L).toList();
    if (control.kind() == SequencePlan.Kind.CORRID) {
      return new Tensor(control.input(), control.type(), ones, id(control.type()));
    }
    boolean on =
        switch (control.kind()) {
          case START -> work.getSequenceStart();
          case END -> work.getSequenceEnd();
          default -> true;
        };
    double value = on ? control.on() : control.off();
    ByteBuffer data = ByteBuffer.allocate(Elements.bytes(control.type()));
    data.order(ByteOrder.LITTLE_ENDIAN);
    switch (control.type()) {
      case FP32 -> data.putFloat((float) value);
      case INT32 -> data.putInt((int) value);
      default -> data.put((byte) value);
    }
    return new Tensor(control.input(), control.type(), ones, data.flip());
  }

  /** The sequence's id: as text, or as the number that it is or stands for. */
  private ByteBuffer id(TensorDatatype type) {
    String id = work.getSequenceId() == null ? "" : work.getSequenceId();
    if (type == TensorDatatype.BYTES) {
      return ByteBuffer.wrap(Elements.bytes(List.of(id)));
    }
    long number;
    try {
      number = Long.parseUnsignedLong(id);
    } catch (NumberFormatException e) {
      throw ModelException.input(
          "sequence_id is '%s', but %s takes numbers".formatted(id, context.task().getTarget()));
    }
    ByteBuffer data = ByteBuffer.allocate(Elements.bytes(type)).order(ByteOrder.LITTLE_ENDIAN);
    return (data.capacity() == Integer.BYTES ? data.putInt((int) number) : data.putLong(number))
        .flip();
  }
}
