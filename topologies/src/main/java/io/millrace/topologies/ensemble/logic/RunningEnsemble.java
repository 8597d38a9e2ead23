package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.Failure;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.ensemble.StepTensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An ensemble under way whose parts are called: calls each part once every tensor that it takes is
 * there or known to be left out, and gives the outputs once they are decided.
 *
 * <p>A part whose guard is false or left out is not called, nor is one that would be given nothing.
 * What nobody needs any more is dropped. Inputs that only lie in the log are passed on as their
 * place there.
 */
public final class RunningEnsemble {
  private final Task task;
  private final List<EnsembleStep> steps;
  private final Set<String> outputs;
  private final EnsembleCalls calls;
  private final Chooser chooser;
  private final Shadows shadows;
  private final Set<EnsembleStep> waiting = Collections.newSetFromMap(new IdentityHashMap<>());
  private final KnownTensors tensors;
  private final Map<String, String> parameters;
  private final RunTotals totals = new RunTotals();
  private final Map<String, Open> open = new LinkedHashMap<>();
  private @Nullable Failure failure;
  private Outcome outcome = Outcome.UNKNOWN;
  private boolean retryable;

  /** A call that has not ended: the number of its model, and those to ask after it. */
  private record Open(EnsembleStep step, Chooser.Choice choice, int number, long sentAt) {
    int candidate() {
      return choice.order().get(number);
    }
  }

  /**
   * Reads a task; it calls nothing before {@link #start}.
   *
   * @param model the ensemble as it is declared
   * @param calls words the calls of its parts
   * @param shadows takes the calls whose answers are only compared
   */
  public RunningEnsemble(
      Task task, ModelSpec model, EnsembleCalls calls, Chooser chooser, Shadows shadows) {
    this.task = task;
    InferenceWork work =
        task.getInference() == null ? InferenceWork.newBuilder().build() : task.getInference();
    this.tensors = new KnownTensors(work, model);
    this.parameters = work.getParameters();
    this.steps = model.getSteps();
    this.calls = calls;
    this.chooser = chooser;
    this.shadows = shadows;
    List<String> wanted = work.getOutputs();
    this.outputs =
        new LinkedHashSet<>(
            wanted.isEmpty()
                ? model.getOutputs().stream().map(TensorSignature::getName).toList()
                : wanted);
    Set<String> needed = new HashSet<>(outputs);
    for (int i = steps.size() - 1; i >= 0; i--) {
      if (StepTensors.makes(steps.get(i)).stream().anyMatch(needed::contains)) {
        waiting.add(steps.get(i));
        needed.addAll(StepTensors.takes(steps.get(i)));
      }
    }
  }

  /** The task that it was begun for. */
  public Task task() {
    return task;
  }

  /**
   * The calls that wait for nothing; to be called once, first.
   *
   * @param now milliseconds since the epoch, as in all methods
   */
  public List<EnsembleCalls.Call> start(long now) {
    List<EnsembleCalls.Call> made = new ArrayList<>();
    advance(made, now);
    return made;
  }

  /**
   * Takes the answer to one of its calls.
   *
   * @return the calls that can be made now; none if the answer was not waited for
   */
  public List<EnsembleCalls.Call> onResult(InferenceResult result, long now) {
    List<EnsembleCalls.Call> made = new ArrayList<>();
    Open call = open.remove(result.getOperationId());
    if (call == null || ended()) {
      return made;
    }
    boolean ok = result.getOutcome() == Outcome.OK;
    chooser.ended(
        call.step(),
        task.getOperationId(),
        call.candidate(),
        result,
        (double) now - call.sentAt(),
        now);
    if (ok && result.getOutputs().isEmpty() && result.getOutputsCoordinates() != null) {
      // Said before a restart; another attempt calls anew, under other ids.
      fail(call, Outcome.TOOL_ERROR, "OUTPUTS_GONE", "its outputs are not at hand any more", true);
    } else if (ok) {
      took(call, result);
      advance(made, now);
    } else if (fallsBack(call, result)) {
      call(call.step(), call.choice(), call.number() + 1, made, now);
    } else {
      Failure why = result.getFailure();
      fail(
          call,
          result.getOutcome(),
          why == null ? result.getOutcome().name() : why.getCode(),
          why == null ? "no reason was given" : why.getMessage(),
          false);
    }
    return made;
  }

  private void took(Open call, InferenceResult result) {
    EnsembleStep step = call.step();
    tensors.took(step, result.getOutputs());
    totals.add(result);
    if (step.getPolicy() != EnsemblePolicy.UNKNOWN) {
      totals.served(step.getName(), result.getTarget(), call.choice().why());
    }
    if (step.getPolicy() == EnsemblePolicy.SHADOW) {
      shadows.given(task.getId(), step, result.getOutputs());
    }
  }

  private static boolean fallsBack(Open call, InferenceResult result) {
    return call.number() + 1 < call.choice().order().size() && blamesModel(result);
  }

  /** What the request itself brings about every model would answer alike. */
  static boolean blamesModel(InferenceResult result) {
    Failure why = result.getFailure();
    String code = why == null ? "" : why.getCode();
    return result.getOutcome() != Outcome.CANCELLED
        && !code.startsWith("INPUT")
        && !code.equals("OUTPUT_UNKNOWN");
  }

  private void fail(Open call, Outcome how, String code, String message, boolean again) {
    outcome = how;
    retryable = again;
    failure = new Failure(code, "step '%s': %s".formatted(call.step().getName(), message));
  }

  /** Ends it now, such as at its deadline. */
  public void stop(Outcome how, String code, String message) {
    if (!ended()) {
      outcome = how;
      failure = new Failure(code, message);
    }
  }

  private void advance(List<EnsembleCalls.Call> made, long now) {
    boolean moved = true;
    while (moved) {
      moved = false;
      for (EnsembleStep step : steps) {
        if (waiting.contains(step) && tensors.decided(StepTensors.takes(step))) {
          waiting.remove(step);
          begin(step, made, now);
          moved = true;
        }
      }
    }
    if (tensors.decided(outputs)) {
      end();
    } else {
      forget();
    }
  }

  private void begin(EnsembleStep step, List<EnsembleCalls.Call> made, long now) {
    if (tensors.leavesOut(step)) {
      tensors.leaveOut(step);
      return;
    }
    List<Tensor> inputs = tensors.inputs(step);
    Chooser.Request request = new Chooser.Request(task.getOperationId(), inputs, parameters);
    Chooser.Choice choice = chooser.choose(step, request, now);
    call(step, choice, 0, made, now);
    for (int other : choice.beside()) {
      EnsembleCalls.Call beside =
          calls.call(task, step, other, inputs, tensors.refers(step), 0, now);
      if (shadows.sent(beside.request().getId(), task, step, other, now)) {
        made.add(beside);
      }
    }
  }

  private void call(
      EnsembleStep step,
      Chooser.Choice choice,
      int number,
      List<EnsembleCalls.Call> made,
      long now) {
    boolean last = number + 1 == choice.order().size();
    long patience = last ? 0 : (long) StepRules.number(step, "patience_ms", 0);
    EnsembleCalls.Call call =
        calls.call(
            task,
            step,
            choice.order().get(number),
            tensors.inputs(step),
            tensors.refers(step),
            patience,
            now);
    open.put(call.request().getId(), new Open(step, choice, number, now));
    made.add(call);
  }

  /** Drops the tensors that nothing waits for; calls that may be repeated elsewhere keep theirs. */
  private void forget() {
    Set<String> needed = new HashSet<>(outputs);
    waiting.forEach(step -> needed.addAll(StepTensors.takes(step)));
    open.values().forEach(call -> needed.addAll(StepTensors.operands(call.step())));
    tensors.keep(needed);
  }

  private void end() {
    for (String output : outputs) {
      if (tensors.get(output) == null) {
        outcome = Outcome.TOOL_ERROR;
        failure =
            new Failure(
                "OUTPUT_LEFT_OUT",
                "output '%s' was made by no step: the conditions left all of them out"
                    .formatted(output));
        return;
      }
    }
    outcome = Outcome.OK;
  }

  /** Whether it has ended, well or not. */
  public boolean ended() {
    return outcome != Outcome.UNKNOWN;
  }

  /** How it ended; UNKNOWN until it has. */
  public Outcome outcome() {
    return outcome;
  }

  /** Why it did not succeed; null if it did. */
  public @Nullable Failure failure() {
    return failure;
  }

  /** Whether another attempt could succeed; the calls themselves were tried again already. */
  public boolean retryable() {
    return retryable;
  }

  /** Cost of its calls, millionths of the billing currency. */
  public long costMicros() {
    return totals.costMicros();
  }

  /** Bytes of the tensors that it holds. */
  public long bytes() {
    return tensors.bytes();
  }

  /** Ids of the calls that have not ended. */
  public List<String> outstanding() {
    return List.copyOf(open.keySet());
  }

  /** What it gave; to be asked once it ended well. */
  public InferenceRun run() {
    return totals.run(tensors.all(outputs));
  }
}
