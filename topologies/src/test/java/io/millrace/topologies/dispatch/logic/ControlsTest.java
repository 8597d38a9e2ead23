package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Alert;
import io.millrace.events.AttemptPhase;
import io.millrace.events.CircuitState;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.Fallback;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.Hedge;
import io.millrace.events.Outcome;
import io.millrace.events.RetryBudget;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Throttle;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;

/** What dispatch does by the controls that a target declares. */
class ControlsTest {
  static {
    AvroSafety.establish();
  }

  private final DispatchRig rig = new DispatchRig();

  private void calls(int count, String tool, long runMillis) {
    for (int i = 0; i < count; i++) {
      rig.call(tool, "{\"i\":%d}".formatted(i), 60_000);
      Task task = rig.lastTask();
      rig.advance(runMillis);
      rig.say(
          DispatchRig.attempt(task, AttemptPhase.DONE)
              .setOutcome(Outcome.OK)
              .setOutput("1")
              .setRunMs((double) runMillis));
    }
  }

  private void fail(Task task, boolean retryable) {
    rig.say(
        DispatchRig.attempt(task, AttemptPhase.DONE)
            .setOutcome(Outcome.TOOL_ERROR)
            .setRetryable(retryable));
  }

  private List<String> alertTypes() {
    return rig.alerts.stream().map(Alert::getType).toList();
  }

  @Test
  void timeoutsFollowTheRunTimesWithinFloorAndTimeout() {
    rig.register(
        DispatchRig.spec("echo")
            .setTimeoutMs(10_000)
            .setAdaptiveTimeout(
                AdaptiveTimeout.newBuilder().setFloorMs(30).setQuantile(0.9).setSlack(3).build()));
    calls(LatencyWindow.COUNT_MIN, "echo", 100);
    assertThat(rig.tasks).allSatisfy(task -> assertThat(task.getTimeoutMs()).isEqualTo(10_000));
    rig.advance(1_000);
    calls(1, "echo", 100);
    assertThat(rig.lastTask().getTimeoutMs()).isBetween(290L, 315L);
    assertThat(alertTypes()).containsExactly("CONTROL_TIMEOUT");
    calls(1_000, "echo", 10);
    calls(1, "echo", 10);
    assertThat(rig.lastTask().getTimeoutMs()).as("not below its floor").isBetween(30L, 40L);
  }

  @Test
  void attemptsThatRanOutOfTimeMakeTheTimeoutLonger() {
    rig.register(
        DispatchRig.spec("echo")
            .setTimeoutMs(10_000)
            .setAdaptiveTimeout(AdaptiveTimeout.newBuilder().setFloorMs(1).build()));
    calls(100, "echo", 10);
    rig.advance(1_000);
    calls(1, "echo", 10);
    long before = rig.lastTask().getTimeoutMs();
    for (int i = 0; i < 20; i++) {
      rig.call("echo", "{}", 60_000);
      rig.say(
          DispatchRig.attempt(rig.lastTask(), AttemptPhase.DONE)
              .setOutcome(Outcome.TIMEOUT)
              .setRunMs((double) before));
    }
    rig.advance(1_000);
    rig.call("echo", "{}", 60_000);
    assertThat(rig.lastTask().getTimeoutMs()).isGreaterThan(2 * before);
  }

  @Test
  void aSecondAttemptIsSentAfterTheTailAndTheFirstSuccessWins() {
    hedged(0.5);
    calls(60, "echo", 20);
    Request slow = rig.call("echo", "{\"slow\":1}", 60_000);
    Task first = rig.lastTask();
    int sent = rig.tasks.size();
    rig.advance(20);
    assertThat(rig.tasks).hasSize(sent);
    rig.advance(20);
    assertThat(rig.tasks).hasSize(sent + 1);
    Task second = rig.lastTask();
    assertThat(second.getId()).isNotEqualTo(first.getId());
    assertThat(second.getArguments()).isEqualTo(first.getArguments());
    rig.done(second, Outcome.OK, "2");
    assertThat(rig.answerTo(slow).getOutput()).isEqualTo("2");
    assertThat(rig.answerTo(slow).getAttempts()).isEqualTo(2);
    assertThat(rig.controls)
        .extracting(Control::getType, Control::getTaskId)
        .containsExactly(Tuple.tuple(ControlType.CANCEL, first.getId()));
    rig.done(first, Outcome.OK, "1");
    assertThat(rig.answersTo(slow)).hasSize(1);
    assertThat(alertTypes()).contains("CONTROL_HEDGED");
  }

  @Test
  void theFirstAttemptWinsOverItsHedgeAndAFailureOfEitherWaitsForTheOther() {
    hedged(1);
    calls(60, "echo", 20);
    Request elderWins = rig.call("echo", "{\"a\":1}", 60_000);
    Task first = rig.lastTask();
    rig.advance(50);
    Task hedge = rig.lastTask();
    fail(hedge, true);
    assertThat(rig.answersTo(elderWins)).isEmpty();
    rig.done(first, Outcome.OK, "1");
    assertThat(rig.answerTo(elderWins).getOutput()).isEqualTo("1");

    Request hedgeWins = rig.call("echo", "{\"a\":2}", 60_000);
    first = rig.lastTask();
    rig.advance(50);
    hedge = rig.lastTask();
    assertThat(hedge.getId()).isNotEqualTo(first.getId());
    fail(first, true);
    assertThat(rig.answersTo(hedgeWins)).isEmpty();
    rig.done(hedge, Outcome.OK, "2");
    assertThat(rig.answerTo(hedgeWins).getOutput()).isEqualTo("2");
  }

  @Test
  void aCancelledCallCallsOffBothOfItsAttempts() {
    hedged(1);
    calls(60, "echo", 20);
    Request call = rig.call("echo", "{\"a\":1}", 60_000);
    rig.advance(50);
    rig.dispatcher.cancel(call.getOperationId(), "", rig.now);
    assertThat(rig.controls)
        .singleElement()
        .returns(ControlType.CANCEL, Control::getType)
        .returns("", Control::getTaskId);
  }

  @Test
  void hedgesKeepToTheirBudget() {
    hedged(0.1);
    calls(60, "echo", 20);
    for (int round = 1; round <= 3; round++) {
      int sent = rig.tasks.size();
      for (int i = 0; i < 100; i++) {
        rig.call("echo", "{\"n\":%d}".formatted(100 * round + i), 60_000);
      }
      rig.advance(100);
      assertThat(rig.tasks.size() - sent).as("100 calls earn 10 hedges").isBetween(109, 110);
    }
  }

  @Test
  void theLoserOfAHedgeIsCalledOffAndNoFailureOfItsTarget() {
    hedged(1);
    calls(60, "echo", 20);
    rig.call("echo", "{\"slow\":1}", 60_000);
    Task first = rig.lastTask();
    rig.advance(50);
    Task second = rig.lastTask();
    rig.done(second, Outcome.OK, "2");
    rig.done(first, Outcome.TOOL_ERROR, null);
    HealthSummary sum = health();
    assertThat(sum.getSent()).isEqualTo(62);
    assertThat(sum.getOk()).isEqualTo(61);
    assertThat(sum.getCalledOff()).isEqualTo(1);
    assertThat(sum.getToolErrors()).isZero();
  }

  @Test
  void anAttemptThatTheDeadlineCutsShortIsATimeoutUnlessItHadLessTimeThanMostNeed() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    usual("echo", 200);
    Request hung = rig.call("echo", "{\"a\":1}", 300);
    Request hasty = rig.call("echo", "{\"a\":2}", 100);
    Request cancelled = rig.call("echo", "{\"a\":3}", 60_000);
    rig.dispatcher.cancel(cancelled.getOperationId(), "", rig.now);
    rig.advance(400);
    assertThat(rig.answerTo(hung).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(rig.answerTo(hasty).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    HealthSummary sum = health();
    assertThat(sum.getSent()).isEqualTo(3);
    assertThat(sum.getTimeouts()).isEqualTo(1);
    assertThat(sum.getTimedOutMs()).isBetween(300.0, 320.0);
    assertThat(sum.getErrorsByCode()).isEqualTo(Map.of("DEADLINE_EXCEEDED", 1L));
    assertThat(sum.getCalledOff()).isEqualTo(2);
  }

  @Test
  void aProbeThatTheDeadlineCutsShortDecidesNothing() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    rig.circuit("echo", CircuitState.HALF_OPEN, 7);
    rig.call("echo", "{}", 100);
    rig.advance(200);
    HealthSummary sum = health();
    assertThat(sum.getTimeouts()).isEqualTo(1);
    assertThat(sum.getProbeFailed()).isZero();
  }

  @Test
  void whatNeverBeganUnderItsClaimIsNoTimeoutOfItsTarget() {
    rig.register(DispatchRig.spec("pay"));
    rig.call("pay", "{}", 100);
    rig.advance(200);
    assertThat(health().getCalledOff()).isEqualTo(1);
    rig.summaries.clear();
    rig.call("pay", "{}", 100);
    rig.claim(rig.lastTask(), "c");
    rig.advance(200);
    assertThat(health().getTimeouts()).isEqualTo(1);
  }

  private void usual(String tool, double p95Millis) {
    rig.targets.putHealth(
        "tool:" + tool,
        HealthStatus.newBuilder().setTarget("tool:" + tool).setP95Ms(p95Millis).build());
  }

  private HealthSummary health() {
    rig.health.flush();
    assertThat(rig.summaries).hasSize(1);
    return rig.summaries.get(0);
  }

  @Test
  void aTargetThatFailsAlwaysLeavesTheOthersTheRetriesThatTheirCallsEarn() {
    DispatchRig poor = new DispatchRig(DispatcherTest.withBudget(policy(), 0.2, 0, 20));
    poor.register(failing("bad"));
    poor.register(failing("good"));
    int tried = 0;
    for (int i = 0; i < 1_000; i++) {
      tried += retries(poor, "bad", 1);
      Request call = poor.call("good", "{\"i\":%d}".formatted(i), 60_000);
      if (i % 10 == 0) {
        failRetryably(poor);
      }
      poor.done(poor.lastTask(), Outcome.OK, "1");
      assertThat(poor.answerTo(call).getOutcome()).isEqualTo(Outcome.OK);
    }
    assertThat(tried).as("20 saved, 200 earned").isBetween(215, 220);
    assertThat(poor.alerts)
        .extracting(Alert::getType, Alert::getTarget)
        .containsOnly(Tuple.tuple("CONTROL_RETRY_WITHHELD", "tool:bad"));
  }

  @Test
  void aTargetMayHaveItsOwnShareOfRetriesOrNoBudgetAtAll() {
    DispatchRig poor = new DispatchRig(DispatcherTest.withBudget(policy(), 0.2, 0, 20));
    poor.register(failing("careful").setRetryBudget(budget(0.01)));
    poor.register(failing("free").setRetryBudget(null));
    assertThat(retries(poor, "careful", 1_000)).as("20 saved, 10 earned").isBetween(29, 30);
    assertThat(retries(poor, "free", 100)).as("by attempts alone").isEqualTo(300);
  }

  private static DispatchPolicy policy() {
    return DispatchPolicy.defaults();
  }

  private static RetryBudget budget(double ratio) {
    return RetryBudget.newBuilder().setRatio(ratio).build();
  }

  private static TargetSpec.Builder failing(String name) {
    return DispatchRig.spec(name).setIdempotent(true).setBackoffMs(0).setAttemptsMax(4);
  }

  private static void failRetryably(DispatchRig of) {
    of.say(
        DispatchRig.attempt(of.lastTask(), AttemptPhase.DONE)
            .setOutcome(Outcome.TOOL_ERROR)
            .setRetryable(true));
    of.dispatcher.tick(of.now);
  }

  /** How often calls that always fail are tried again. */
  private static int retries(DispatchRig of, String tool, int calls) {
    int before = of.tasks.size();
    for (int i = 0; i < calls; i++) {
      Request call = of.call(tool, "{\"i\":%d}".formatted(i), 60_000);
      while (of.answersTo(call).isEmpty()) {
        failRetryably(of);
      }
    }
    return of.tasks.size() - before - calls;
  }

  private void hedged(double budget) {
    rig.register(
        DispatchRig.spec("echo")
            .setIdempotent(true)
            .setHedge(Hedge.newBuilder().setQuantile(0.95).setBudget(budget).build()));
  }

  @Test
  void whatATargetFailsIsRefusedHereAndLetThroughAgainOnceItIsWell() {
    rig.register(
        DispatchRig.spec("echo")
            .setIdempotent(true)
            .setAttemptsMax(1)
            .setThrottle(Throttle.newBuilder().setRatio(2).setWindowMs(10_000).build()));
    int refused = 0;
    for (int i = 0; i < 500; i++) {
      Request call = rig.call("echo", "{\"i\":%d}".formatted(i), 60_000);
      if (rig.answersTo(call).isEmpty()) {
        fail(rig.lastTask(), true);
      } else {
        assertThat(rig.answerTo(call).getFailure().getCode()).isEqualTo("THROTTLED");
        refused++;
      }
      rig.advance(10);
    }
    assertThat(refused).isGreaterThan(450);
    assertThat(alertTypes()).contains("CONTROL_THROTTLED");
    rig.advance(10_000);
    int sent = rig.tasks.size();
    calls(200, "echo", 10);
    assertThat(rig.tasks.size() - sent).isEqualTo(200);
  }

  @Test
  void aBurstForAHealthyTargetIsNotRefused() {
    rig.register(
        DispatchRig.spec("echo")
            .setIdempotent(true)
            .setThrottle(Throttle.newBuilder().setRatio(1.5).build()));
    for (int i = 0; i < 1_000; i++) {
      rig.call("echo", "{\"i\":%d}".formatted(i), 60_000);
    }
    assertThat(rig.tasks).hasSize(1_000);
  }

  @Test
  void anotherTargetAnswersWithItsOwnArguments() {
    fallingBack();
    Request call = rig.call("main", "{\"q\":\"x\",\"n\":2}", 60_000);
    fail(rig.lastTask(), false);
    Task asked = rig.lastTask();
    assertThat(asked.getTarget()).isEqualTo("tool:second");
    assertThat(asked.getArguments()).isEqualTo("{\"query\":\"x\"}");
    assertThat(rig.answersTo(call)).isEmpty();
    fail(asked, false);
    asked = rig.lastTask();
    assertThat(asked.getTarget()).isEqualTo("tool:third");
    assertThat(asked.getArguments()).isEqualTo("{\"q\":\"x\",\"n\":2}");
    rig.done(asked, Outcome.OK, "3");
    Answer answer = rig.answerTo(call);
    assertThat(answer.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(answer.getAnsweredBy()).isEqualTo("tool:third");
    assertThat(alertTypes()).contains("CONTROL_FELL_BACK");
  }

  @Test
  void aFallbackSurvivesARestartAndIsRetriedAsItsOwnTargetSays() {
    fallingBack();
    Request call = rig.call("main", "{\"q\":\"x\"}", 60_000);
    fail(rig.lastTask(), false);
    rig.restart();
    fail(rig.lastTask(), true);
    rig.advance(1_000);
    Task again = rig.lastTask();
    assertThat(again.getTarget()).isEqualTo("tool:second");
    assertThat(again.getAttempt()).isEqualTo(3);
    assertThat(again.getArguments()).isEqualTo("{\"query\":\"x\"}");
    rig.done(again, Outcome.OK, "2");
    assertThat(rig.answerTo(call).getAnsweredBy()).isEqualTo("tool:second");
  }

  @Test
  void anOpenCircuitFallsBackAtOnceAndTheLastFailureIsTheAnswer() {
    fallingBack();
    rig.circuit("main", CircuitState.OPEN, 0);
    rig.circuit("third", CircuitState.OPEN, 0);
    Request call = rig.call("main", "{\"q\":\"x\"}", 60_000);
    assertThat(rig.lastTask().getTarget()).isEqualTo("tool:second");
    fail(rig.lastTask(), false);
    assertThat(rig.answerTo(call).getOutcome()).isEqualTo(Outcome.CIRCUIT_OPEN);
    assertThat(rig.dispatcher.inFlight()).isZero();
  }

  @Test
  void whatWasCachedStandsInForAnErrorWhereTheTargetAllowsIt() {
    rig.register(
        DispatchRig.spec("echo")
            .setIdempotent(true)
            .setCacheTtlMs(1_000L)
            .setStaleIfErrorMs(60_000L)
            .setAttemptsMax(1));
    rig.call("echo", "{}", 60_000);
    rig.done(rig.lastTask(), Outcome.OK, "1");
    rig.advance(2_000);
    Request failed = rig.call("echo", "{}", 60_000);
    assertThat(rig.answersTo(failed)).as("expired: asked anew").isEmpty();
    fail(rig.lastTask(), false);
    assertThat(rig.answerTo(failed))
        .returns(Outcome.OK, Answer::getOutcome)
        .returns("1", Answer::getOutput)
        .returns(ServedBy.STALE, Answer::getServedBy);
    assertThat(alertTypes()).contains("CONTROL_SERVED_STALE");
    rig.advance(60_000);
    Request later = rig.call("echo", "{}", 60_000);
    fail(rig.lastTask(), false);
    assertThat(rig.answerTo(later).getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
  }

  @Test
  void nothingStandsInForWhatMayHaveTakenEffectOrWhoseArgumentsDoNotFit() {
    rig.register(
        DispatchRig.spec("pay")
            .setFallbacks(List.of(Fallback.newBuilder().setTarget("tool:second").build())));
    rig.register(DispatchRig.spec("second").setIdempotent(true));
    Request paid = rig.call("pay", "{}", 60_000);
    rig.say(DispatchRig.attempt(rig.lastTask(), AttemptPhase.DONE).setOutcome(Outcome.TIMEOUT));
    assertThat(rig.answerTo(paid).getOutcome()).isEqualTo(Outcome.TIMEOUT);

    fallingBack();
    Request without = rig.call("main", "{\"n\":2}", 60_000);
    fail(rig.lastTask(), false);
    assertThat(rig.lastTask().getTarget()).as("no q for the second").isEqualTo("tool:third");
    assertThat(rig.answersTo(without)).isEmpty();
  }

  private void fallingBack() {
    rig.register(
        DispatchRig.spec("main")
            .setIdempotent(true)
            .setFallbacks(
                List.of(
                    Fallback.newBuilder()
                        .setTarget("tool:second")
                        .setArguments("{\"query\":\"${q}\"}")
                        .build(),
                    Fallback.newBuilder().setTarget("tool:absent").build(),
                    Fallback.newBuilder().setTarget("tool:third").build())));
    rig.register(DispatchRig.spec("second").setIdempotent(true));
    rig.register(DispatchRig.spec("third").setIdempotent(true));
  }

  @Property(tries = 200)
  void aTargetThatTakesSoManyASecondGetsAboutTheRatioOfThat(
      @ForAll @DoubleRange(min = 1.2, max = 3) double ratio,
      @ForAll @IntRange(min = 5, max = 100) int takenOf100,
      @ForAll long seed) {
    ClientThrottle throttle = new ClientThrottle(ratio, 10_000, 0);
    Random random = new Random(seed);
    int sent = 0;
    int taken = 0;
    int room = 0;
    for (int i = 0; i < 40_000; i++) {
      room = i % 100 == 0 ? takenOf100 : room;
      if (!throttle.refuses(i, random)) {
        boolean counted = i >= 20_000;
        boolean ok = room-- > 0;
        sent += counted ? 1 : 0;
        taken += counted && ok ? 1 : 0;
        throttle.ended(ok, i);
      }
    }
    double takes = takenOf100 / 100.0;
    assertThat(taken / 20_000.0)
        .as("what it can take, it gets")
        .isGreaterThan(0.8 * takenByChance(ratio, takenOf100) / 100);
    assertThat(sent / 20_000.0).isLessThan(Math.min(1.001, 1.3 * ratio * takes));
  }

  /**
   * What a target that takes so many of a hundred gets where chance sends it the ratio of that: of
   * more than it takes the rest is lost, and where less comes by chance the throttle learns from
   * that too. The fixed point of x = E[min(takes, Poisson(ratio x))].
   */
  private static double takenByChance(double ratio, int takes) {
    double taken = takes;
    for (int i = 0; i < 500; i++) {
      double sent = ratio * taken;
      double chance = Math.exp(-sent);
      double expected = takes;
      for (int k = 0; k < takes; k++) {
        expected -= (takes - k) * chance;
        chance *= sent / (k + 1);
      }
      taken = expected;
    }
    return taken;
  }

  @Property
  void aThrottleStandsClocksThatJump(@ForAll List<Long> times) {
    ClientThrottle throttle = new ClientThrottle(2, 10_000, 0);
    for (long time : times) {
      throttle.ended(false, time / 4);
      assertThat(throttle.probability(time / 4)).isBetween(0.0, 1.0);
    }
  }

  @Test
  void quantilesAreOfTheLastMinuteOnly() {
    LatencyWindow window = new LatencyWindow(60_000, 0);
    for (int i = 0; i < 1_000; i++) {
      window.add(100, i);
    }
    assertThat(window.quantile(0.5, 1_000)).isCloseTo(100, within(3.0));
    for (int i = 0; i < 1_000; i++) {
      window.add(10, 40_000 + i);
    }
    assertThat(window.quantile(0.9, 42_000)).isCloseTo(100, within(3.0));
    assertThat(window.quantile(0.9, 72_000)).isCloseTo(10, within(1.0));
    assertThat(window.quantile(0.9, 200_000)).isNaN();
    window.add(Double.NaN, 200_000);
    window.add(-1, 200_000);
    assertThat(window.quantile(0.9, 300_000)).isNaN();
  }
}
