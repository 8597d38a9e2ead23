package io.millrace.inference;

import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.Tensor;
import io.millrace.events.TensorSignature;
import io.millrace.inference.repository.StreamPlan;
import io.millrace.inference.repository.StreamPlan.Feed;
import io.millrace.inference.runtime.Request;
import io.millrace.schemas.identity.ChunksDigest;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One streamed answer: runs a model step by step, passes each step on as a chunk, and makes the
 * inputs of the next step from it, as the model's {@link StreamPlan} says.
 *
 * <p>Each step is a request in the model's lane like any other, so that steps of several answers
 * share batches, and none holds a thread between its steps.
 */
final class StreamRun {

  private static final String MAX_STEPS = "max_steps";

  private final TaskContext context;
  private final LoadedModel model;
  private final StreamPlan plan;
  private final InferenceWork work;
  private final Set<String> seen;
  private final Set<String> needed = new HashSet<>();
  private final long deadline;
  private final int steps;
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final CompletableFuture<RunResult> result = new CompletableFuture<>();
  private volatile @Nullable Runnable callOff;
  private int step;
  private String digest = "";

  private StreamRun(
      TaskContext context,
      LoadedModel model,
      StreamPlan plan,
      InferenceWork work,
      Set<String> seen,
      long deadline) {
    this.context = context;
    this.model = model;
    this.plan = plan;
    this.work = work;
    this.seen = seen;
    this.deadline = deadline;
    this.steps = steps(plan, work.getParameters().get(MAX_STEPS));
  }

  /**
   * Begins an answer; does not block.
   *
   * @param given the caller's inputs
   * @param deadline after this no step is begun, {@link System#nanoTime}
   * @return ends with the last chunk
   * @throws ModelException if the inputs or parameters do not do
   */
  static CompletionStage<RunResult> start(
      TaskContext context,
      LoadedModel model,
      StreamPlan plan,
      InferenceWork work,
      List<Tensor> given,
      long deadline) {
    model.check(given);
    if (model.batched() && given.stream().anyMatch(input -> input.getShape().get(0) != 1)) {
      throw ModelException.input("a streamed answer has one row; send each row by itself");
    }
    StreamRun run =
        new StreamRun(context, model, plan, work, model.wanted(work.getOutputs()), deadline);
    run.begin(given);
    return run.result;
  }

  private static int steps(StreamPlan plan, @Nullable String asked) {
    if (asked == null) {
      return plan.stepsMax();
    }
    String digits = asked.replace("\"", "").trim();
    int steps = digits.matches("[0-9]{1,9}") ? Integer.parseInt(digits) : 0;
    if (steps < 1) {
      throw ModelException.input(
          "parameters.max_steps is %s; expected a whole number of at least 1".formatted(asked));
    }
    return Math.min(steps, plan.stepsMax());
  }

  private void begin(List<Tensor> given) {
    given.forEach(input -> inputs.put(input.getName(), input));
    for (Feed feed : plan.feeds()) {
      needed.add(feed.output());
      if (feed.how() == StreamPlan.How.STATE) {
        inputs.put(feed.input(), Tensors.empty(model.input(feed.input()), model.batched()));
      }
    }
    for (TensorSignature output : model.contract().model().outputs()) {
      if (sees(output.getName())) {
        needed.add(output.getName());
      }
    }
    context
        .cancellation()
        .onCancel(
            () -> {
              Runnable action = callOff;
              if (action != null) {
                action.run();
              }
            });
    next();
  }

  private boolean sees(String name) {
    return seen.isEmpty() || seen.contains(name);
  }

  private void next() {
    Request request =
        model.submit(
            List.copyOf(inputs.values()),
            needed,
            work.getPriority(),
            deadline,
            action -> callOff = action);
    Runnable action = callOff;
    if (context.cancellation().requested() && action != null) {
      action.run();
    }
    request.answer().whenComplete(this::stepped);
  }

  private void stepped(Request.@Nullable Answer answer, @Nullable Throwable failure) {
    try {
      if (answer == null) {
        result.complete(InferenceRunner.failed(failure));
      } else {
        pass(answer);
      }
    } catch (ModelException e) {
      result.complete(InferenceRunner.failed(e));
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
  }

  private void pass(Request.Answer answer) {
    Map<String, Tensor> outputs = new HashMap<>();
    answer.outputs().forEach(output -> outputs.put(output.getName(), output));
    List<Tensor> chunk = new ArrayList<>();
    Map<String, Tensor> chosen = new HashMap<>();
    boolean stopped = false;
    for (TensorSignature output : model.contract().model().outputs()) {
      Tensor given = outputs.get(output.getName());
      Feed choice = plan.choice(output.getName());
      if (given == null) {
        continue;
      }
      Tensor visible = given;
      if (choice != null) {
        visible = Tensors.greatest(given, model.input(choice.input()));
        chosen.put(choice.input(), visible);
      }
      StreamPlan.Stop stop = plan.stop();
      stopped |=
          stop != null
              && stop.name().equals(visible.getName())
              && Tensors.is(visible, stop.value());
      if (sees(visible.getName()) && !hidden(output.getName())) {
        chunk.add(visible);
      }
    }
    boolean last = stopped || step == steps - 1;
    digest = ChunksDigest.next(digest, chunk);
    InferenceRun run = run(answer, chunk, last);
    if (last) {
      result.complete(RunResult.ok(run, context.target().getCostMicros()));
      return;
    }
    context.chunks().accept(run);
    step++;
    feed(outputs, chosen);
    next();
  }

  private boolean hidden(String output) {
    return plan.feeds().stream()
        .anyMatch(feed -> feed.how() == StreamPlan.How.STATE && feed.output().equals(output));
  }

  private InferenceRun run(Request.Answer answer, List<Tensor> chunk, boolean last) {
    return InferenceRunner.run(answer, chunk, model, step, last, digest);
  }

  private void feed(Map<String, Tensor> outputs, Map<String, Tensor> chosen) {
    for (Feed feed : plan.feeds()) {
      Tensor after =
          (feed.chooses() ? chosen : outputs).get(feed.chooses() ? feed.input() : feed.output());
      Tensor before = inputs.get(feed.input());
      if (after == null || before == null) {
        throw ModelException.failed(
            "a step gave no output '%s' for the next one".formatted(feed.output()));
      }
      Tensor next = feed.how() == StreamPlan.How.APPEND ? Tensors.appended(before, after) : after;
      inputs.put(feed.input(), Tensors.named(feed.input(), next));
    }
  }
}
