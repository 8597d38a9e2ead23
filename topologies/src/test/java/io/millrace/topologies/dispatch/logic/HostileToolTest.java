package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.ConcurrencyLimit;
import io.millrace.events.Failure;
import io.millrace.events.Fallback;
import io.millrace.events.Hedge;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Throttle;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * A tool that hangs, floods or answers garbage while every control of it is on: each of its calls
 * ends in a clear error to its caller, and calls of another tool beside it end as ever.
 */
class HostileToolTest {
  private static final long DEADLINE_MILLIS = 2_000;
  private static final long SLACK_MILLIS = 50;
  private static final int CALLS = 300;

  private final DispatchRig rig = new DispatchRig();
  private final Map<String, Task> open = new HashMap<>();
  private int read;

  private static TargetSpec.Builder controlled(String name) {
    return DispatchRig.spec(name)
        .setIdempotent(true)
        .setCacheTtlMs(1L)
        .setStaleIfErrorMs(1L)
        .setNegativeTtlMs(1L)
        .setAdaptiveTimeout(AdaptiveTimeout.newBuilder().build())
        .setConcurrencyLimit(ConcurrencyLimit.newBuilder().build())
        .setThrottle(Throttle.newBuilder().build())
        .setHedge(Hedge.newBuilder().setBudget(0.5).build())
        .setFallbacks(List.of(Fallback.newBuilder().setTarget("tool:worse").build()));
  }

  /** Calls of both tools side by side; the hostile one's tasks, its fallback's too, are given. */
  private void run(BiConsumer<Task, Boolean> hostile) {
    rig.register(controlled("bad"));
    rig.register(controlled("worse").setFallbacks(List.of()));
    rig.register(controlled("good").setFallbacks(List.of()));
    List<Request> bad = new ArrayList<>();
    List<Request> good = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      bad.add(rig.call("bad", "{\"i\":%d}".formatted(i), DEADLINE_MILLIS));
      good.add(rig.call("good", "{\"i\":%d}".formatted(i), DEADLINE_MILLIS));
      rig.advance(10);
      work(hostile);
    }
    for (int i = 0; i < DEADLINE_MILLIS / 10 + 100; i++) {
      rig.advance(10);
      work(hostile);
    }
    for (Request call : good) {
      Answer answer = rig.answerTo(call);
      assertThat(answer.getOutcome()).isEqualTo(Outcome.OK);
      assertThat(answer.getLatencyMs()).as("nothing else slows down").isLessThanOrEqualTo(30);
    }
    for (Request call : bad) {
      Answer answer = rig.answerTo(call);
      assertThat(answer.getOutcome()).isNotIn(Outcome.OK, Outcome.UNKNOWN);
      assertThat(answer.getLatencyMs()).isLessThanOrEqualTo(DEADLINE_MILLIS + SLACK_MILLIS);
      assertThat(answer.getFailure().getCode()).isNotEmpty();
      assertThat(answer.getFailure().getMessage()).isNotBlank().hasSizeLessThan(9_000);
    }
    assertThat(rig.dispatcher.inFlight()).isZero();
    rig.health.flush();
    assertThat(
            rig.summaries.stream()
                .filter(of -> of.getTarget().equals("tool:good"))
                .mapToLong(of -> of.getToolErrors() + of.getTimeouts() + of.getLost())
                .sum())
        .as("the other is well")
        .isZero();
  }

  /** The worker that has the good tool answers after 10 to 20 ms. */
  private void work(BiConsumer<Task, Boolean> hostile) {
    open.values()
        .removeIf(
            task -> {
              if (task.getTarget().equals("tool:good")) {
                rig.say(
                    DispatchRig.attempt(task, AttemptPhase.DONE)
                        .setOutcome(Outcome.OK)
                        .setOutput("1")
                        .setRunMs(10));
                return true;
              }
              hostile.accept(task, false);
              return false;
            });
    for (; read < rig.tasks.size(); read++) {
      Task task = rig.tasks.get(read);
      open.put(task.getId(), task);
      if (!task.getTarget().equals("tool:good")) {
        hostile.accept(task, true);
      }
    }
  }

  @Example
  void aToolThatHangs() {
    run((task, begins) -> rig.beat(task));
    long timeouts =
        rig.summaries.stream()
            .filter(of -> of.getTarget().equals("tool:bad"))
            .mapToLong(of -> of.getTimeouts())
            .sum();
    assertThat(timeouts).as("health knows that it hangs").isPositive();
    assertThat(rig.alerts).extracting(alert -> alert.getType()).contains("CONTROL_THROTTLED");
  }

  @Example
  void aToolWhoseWorkersSayNothingAtAll() {
    run((task, begins) -> {});
  }

  @Example
  void aToolThatAnswersOverAndOverWithMoreThanAnyoneMay() {
    String huge = "\"" + "x".repeat(Foreign.OUTPUT_LENGTH_MAX) + "\"";
    run(
        (task, begins) -> {
          for (int i = 0; i < (begins ? 5 : 1); i++) {
            rig.say(
                DispatchRig.attempt(task, AttemptPhase.DONE)
                    .setOutcome(Outcome.OK)
                    .setOutput(huge));
          }
        });
    assertThat(rig.alerts.size()).as("alerts keep to their measure").isLessThan(50);
  }

  @Property(tries = 8)
  void aToolThatAnswersGarbage(@ForAll long seed) {
    Random random = new Random(seed);
    run((task, begins) -> rig.say(garbage(task, random)));
  }

  private static Attempt.Builder garbage(Task task, Random random) {
    List<Outcome> outcomes = new ArrayList<>(List.of(Outcome.values()));
    outcomes.removeAll(Set.of(Outcome.OK));
    List<Double> numbers =
        List.of(Double.NaN, -1.0, Double.POSITIVE_INFINITY, Double.MAX_VALUE, 0.0, -0.0);
    String text = random.nextBoolean() ? "" : "\u0000\uD800".repeat(random.nextInt(10_000));
    Attempt.Builder attempt =
        DispatchRig.attempt(
                task,
                random.nextInt(4) > 0
                    ? AttemptPhase.DONE
                    : List.of(AttemptPhase.values())
                        .get(random.nextInt(AttemptPhase.values().length)))
            .setOutcome(outcomes.get(random.nextInt(outcomes.size())))
            .setOutput(random.nextBoolean() ? null : text)
            .setRunMs(numbers.get(random.nextInt(numbers.size())))
            .setQueueMs(numbers.get(random.nextInt(numbers.size())))
            .setCostMicros(random.nextLong())
            .setAttempt(random.nextInt())
            .setRetryable(random.nextBoolean())
            .setTargetVersion(text);
    if (random.nextBoolean()) {
      attempt.setFailure(new Failure(text, text));
    }
    switch (random.nextInt(6)) {
      case 0 -> attempt.setSequence(random.nextLong());
      case 1 -> attempt.setTaskId(text);
      case 2 -> attempt.setFingerprint(text);
      case 3 -> attempt.setClaimId(text);
      case 4 -> attempt.setPool(text);
      default -> {}
    }
    return attempt;
  }
}
