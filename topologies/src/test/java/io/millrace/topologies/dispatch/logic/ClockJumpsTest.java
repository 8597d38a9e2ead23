package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Hedge;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Throttle;
import io.millrace.state.Request;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A dispatcher whose clock is set forward or back by an hour, with every control on. */
class ClockJumpsTest {
  private static final long HOUR = 3_600_000;
  private final DispatchRig rig = new DispatchRig();

  private static TargetSpec.Builder controlled(String name) {
    return DispatchRig.spec(name)
        .setIdempotent(true)
        .setBackoffMs(200)
        .setAdaptiveTimeout(AdaptiveTimeout.newBuilder().build())
        .setThrottle(Throttle.newBuilder().build())
        .setHedge(Hedge.newBuilder().build());
  }

  private void jump(long by) {
    rig.now += by;
  }

  private void fail(Task task) {
    rig.say(
        DispatchRig.attempt(task, AttemptPhase.DONE)
            .setOutcome(Outcome.TOOL_ERROR)
            .setRetryable(true));
  }

  @Property(tries = 200)
  void everyCallIsAnsweredInItsTimeWhateverTheClockDoes(@ForAll long seed) {
    Random random = new Random(seed);
    DispatchRig of = new DispatchRig();
    of.register(controlled("echo"));
    of.register(DispatchRig.spec("pay"));
    List<Request> calls = new ArrayList<>();
    for (int step = 0; step < 100; step++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 ->
            calls.add(
                of.call(
                    random.nextInt(4) == 0 ? "pay" : "echo",
                    "{\"i\":%d}".formatted(step),
                    10 + random.nextInt(5_000)));
        case 3, 4 -> {
          if (!of.tasks.isEmpty()) {
            Task task =
                of.tasks.get(of.tasks.size() - 1 - random.nextInt(Math.min(4, of.tasks.size())));
            AttemptPhase phase =
                List.of(AttemptPhase.DONE, AttemptPhase.RUNNING, AttemptPhase.CLAIM)
                    .get(random.nextInt(3));
            of.say(
                DispatchRig.attempt(task, phase)
                    .setClaimId(phase == AttemptPhase.CLAIM ? "c" + step : "")
                    .setOutcome(random.nextBoolean() ? Outcome.OK : Outcome.TOOL_ERROR)
                    .setRetryable(true));
          }
        }
        case 5 -> of.now += random.nextBoolean() ? HOUR : -HOUR;
        default -> of.advance(random.nextInt(500));
      }
    }
    // Nobody has more than five seconds left, by a clock that does not jump.
    of.advance(5_100);
    assertThat(of.dispatcher.inFlight()).isZero();
    calls.forEach(call -> assertThat(of.answersTo(call)).hasSize(1));
  }

  @Example
  void aPauseBeforeARetryTakesAsLongAsItWould() {
    rig.register(controlled("echo").setBackoffMs(1_000));
    rig.call("echo", "{}", 60_000);
    fail(rig.lastTask());
    jump(-HOUR);
    rig.advance(1_100);
    assertThat(rig.tasks).hasSize(2);
  }

  @Example
  void aWorkerThatFallsSilentIsNoticedAndOneThatDoesNotIsLeftAlone() {
    for (long by : List.of(-HOUR, HOUR)) {
      DispatchRig of = new DispatchRig();
      of.register(controlled("echo"));
      of.call("echo", "{\"i\":1}", 2 * HOUR);
      Task task = of.lastTask();
      of.beat(task);
      of.now += by;
      of.beat(task);
      for (int second = 0; second < 6; second++) {
        of.advance(1_000);
        of.beat(task);
      }
      assertThat(of.tasks).as("it is heard of every second").hasSize(1);
      of.advance(4_500);
      assertThat(of.tasks).as("lost after the silence").hasSize(2);
    }
  }

  @Example
  void aTaskThatNoWorkerEverTookIsSentAgain() {
    rig.register(DispatchRig.spec("pay"));
    rig.call("pay", "{}", 60_000);
    jump(-HOUR);
    rig.advance(7_000);
    assertThat(rig.tasks.size()).isGreaterThan(1);
  }

  @Example
  void aHedgeIsSentAfterTheTailAndNotAnHourLater() {
    rig.register(controlled("echo"));
    for (int i = 0; i < 60; i++) {
      rig.call("echo", "{\"i\":%d}".formatted(i), 60_000);
      rig.advance(20);
      rig.say(
          DispatchRig.attempt(rig.lastTask(), AttemptPhase.DONE)
              .setOutcome(Outcome.OK)
              .setOutput("1")
              .setRunMs(20));
    }
    rig.call("echo", "{\"slow\":1}", 60_000);
    int sent = rig.tasks.size();
    jump(-HOUR);
    rig.advance(100);
    assertThat(rig.tasks).hasSize(sent + 1);
  }

  @Example
  void aThrottleForgetsWhatAClockThatWasAheadHasSeen() {
    rig.register(controlled("echo").setAttemptsMax(1).setHedge(null));
    Set<String> refused = new HashSet<>();
    for (long by : List.of(HOUR, -HOUR)) {
      for (int i = 0; i < 200; i++) {
        Request call = rig.call("echo", "{\"i\":%d}".formatted(i), 60_000);
        if (rig.answersTo(call).isEmpty()) {
          fail(rig.lastTask());
        } else {
          refused.add(call.getOperationId());
        }
      }
      assertThat(refused).isNotEmpty();
      jump(by);
      Request after = rig.call("echo", "{\"after\":%d}".formatted(by), 60_000);
      assertThat(rig.answersTo(after)).as("let through").isEmpty();
      rig.done(rig.lastTask(), Outcome.OK, "1");
      refused.clear();
    }
  }

  @Example
  void whatWasCachedByAClockThatWasAheadIsNotServedForAnHour() {
    rig.register(DispatchRig.spec("look").setIdempotent(true).setCacheTtlMs(60_000L));
    rig.call("look", "{}", 60_000);
    rig.done(rig.lastTask(), Outcome.OK, "1");
    rig.advance(100);
    assertThat(rig.answersTo(rig.call("look", "{}", 60_000))).hasSize(1);
    jump(-HOUR);
    assertThat(rig.answersTo(rig.call("look", "{}", 60_000))).isEmpty();
  }

  @Property(tries = 200)
  void timeoutsStayWithinTheirBoundsWhateverTheClockDoes(@ForAll long seed) {
    Random random = new Random(seed);
    LatencyWindow window = new LatencyWindow(60_000, 0);
    long now = 0;
    for (int i = 0; i < 500; i++) {
      now += random.nextInt(50) == 0 ? (random.nextBoolean() ? HOUR : -HOUR) : random.nextInt(500);
      window.add(10 + random.nextInt(10), now);
      double quantile = window.quantile(0.99, now);
      assertThat(Double.isNaN(quantile) || (quantile > 9 && quantile < 21)).isTrue();
    }
    for (int i = 0; i < LatencyWindow.COUNT_MIN; i++) {
      window.add(10, now);
    }
    assertThat(window.quantile(0.99, now + 300)).isNotNaN();
  }
}
