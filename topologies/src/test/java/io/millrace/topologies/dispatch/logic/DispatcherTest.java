package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AttemptPhase;
import io.millrace.events.CircuitState;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DispatcherTest {
  private final DispatchRig rig = new DispatchRig();

  @Test
  void aTargetThatIsRemovedWhileItsTaskRunsDoesNotStallTheTimers() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    Request call = rig.call("echo", "{}", 10_000);
    rig.beat(rig.lastTask());
    rig.targets.put("tool:echo", null);
    rig.advance(10_020);
    assertThat(rig.answersTo(call)).hasSize(1);
  }

  @Test
  void aDeadlineAtTheEndOfTimeDoesNotStallTheTimers() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    Request call = rig.request("echo", "{}", 0);
    call.setDeadlineAt(Long.MAX_VALUE);
    rig.call(call);
    rig.advance(100);
    rig.done(rig.lastTask(), Outcome.OK, "1");
    assertThat(rig.answerTo(call).getOutcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void aTaskThatMovesToANewPoolWhileItIsSentAgainFailsNothing() {
    rig.register(DispatchRig.spec("pay"));
    rig.call("pay", "{}", 60_000);
    rig.targets.put("pool:other", DispatchRig.spec("x").setTarget("pool:other").build());
    rig.register(DispatchRig.spec("pay").setPool("other"));
    rig.advance(4_000);
    assertThat(rig.pools).containsExactly("default", "other");
  }

  @Test
  void noTaskIsEverSentToAPoolThatIsNotRegistered() {
    rig.register(DispatchRig.spec("pay"));
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    Request pay = rig.call("pay", "{}", 20_000);
    Request echo = rig.call("echo", "{}", 20_000);
    Task task = rig.lastTask();
    rig.register(DispatchRig.spec("pay").setPool("gone"));
    rig.register(DispatchRig.spec("echo").setPool("gone").setIdempotent(true));
    rig.done(task, Outcome.TOOL_ERROR, null);
    rig.advance(10_000);
    rig.register(DispatchRig.spec("pay"));
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    rig.advance(5_000);
    assertThat(rig.tasks).hasSizeGreaterThan(2);
    rig.advance(5_020);
    assertThat(rig.answerTo(pay).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(rig.answersTo(echo)).hasSize(1);
  }

  @Test
  void allThatJoinedAHeldFlightAreRoutedWhenItIsReleased() {
    rig.targets.put("pool:default", null);
    rig.register(DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L));
    Request first = rig.call("echo", "{}", 5_000);
    Request second = rig.call("echo", "{}", 5_000);
    rig.targets.put("pool:default", DispatchRig.spec("x").setTarget("pool:default").build());
    rig.advance(100);
    assertThat(rig.routed)
        .extracting(Request::getOperationId)
        .containsExactly(first.getOperationId(), second.getOperationId());
    assertThat(rig.journal.waiters.values()).allSatisfy(of -> assertThat(of).isEmpty());
  }

  @Test
  void anAttemptWithANumberThatWasNeverSentLosesNoTask() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    rig.call("echo", "{\"n\":1}", 60_000);
    rig.say(
        DispatchRig.attempt(rig.lastTask(), AttemptPhase.RUNNING)
            .setFingerprint("nobody's")
            .setSequence(Long.MAX_VALUE));
    rig.advance(20_000);
    Request call = rig.call("echo", "{\"n\":2}", 60_000);
    int sent = rig.tasks.size();
    rig.advance(2_500);
    assertThat(rig.tasks.subList(sent, rig.tasks.size()))
        .noneMatch(task -> task.getOperationId().equals(call.getOperationId()));
  }

  @Test
  void aTaskThatBeatsUnderAnEarlierNumberIsNotLostWhenItsCopyIsOvertaken() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true).setAttemptsMax(1));
    Request slow = rig.call("echo", "{\"n\":1}", 60_000);
    Task first = rig.lastTask();
    rig.advance(3_500);
    assertThat(rig.tasks).hasSize(2);
    for (int second = 0; second < 12; second++) {
      rig.beat(first);
      rig.call("echo", "{\"n\":" + (second + 2) + "}", 60_000);
      rig.done(rig.lastTask(), Outcome.OK, "1");
      rig.advance(1_000);
    }
    assertThat(rig.answersTo(slow)).isEmpty();
    assertThat(rig.tasks)
        .filteredOn(task -> task.getOperationId().equals(slow.getOperationId()))
        .hasSize(2);
    rig.done(first, Outcome.OK, "1");
    assertThat(rig.answerTo(slow).getOutcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void whatTheHeirOfAFlightIsWaitingForCanBeCancelledAtTheWorker() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L));
    Request leader = rig.call("echo", "{}", 5_000);
    Request heir = rig.call("echo", "{}", 5_000);
    Task task = rig.lastTask();
    rig.dispatcher.cancel(leader.getOperationId(), "", rig.now);
    assertThat(rig.controls).isEmpty();
    rig.restart();
    rig.dispatcher.cancel(heir.getOperationId(), "", rig.now);
    assertThat(rig.controls)
        .singleElement()
        .satisfies(
            control -> {
              assertThat(control.getType()).isEqualTo(ControlType.CANCEL);
              assertThat(control.getTaskId()).isEqualTo(task.getId());
              assertThat(control.getOperationId()).isEqualTo(task.getOperationId());
            });
    assertThat(rig.answerTo(leader).getOutcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(rig.answerTo(heir).getOutcome()).isEqualTo(Outcome.CANCELLED);
  }

  @Test
  void aTaskThatCameTooLateForItsLeaderIsSentAgainForWhoJoinedWithMoreTime() {
    rig.register(
        DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L).setAttemptsMax(1));
    Request hasty = rig.call("echo", "{}", 1_000);
    Task early = rig.lastTask();
    Request patient = rig.call("echo", "{}", 30_000);
    rig.advance(1_010);
    assertThat(rig.answerTo(hasty).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    rig.done(early, Outcome.DEADLINE_EXCEEDED, null);
    rig.done(early, Outcome.DEADLINE_EXCEEDED, null);
    assertThat(rig.answersTo(patient)).hasSizeLessThanOrEqualTo(1);
    assertThat(rig.tasks).hasSize(2);
  }

  @Test
  void bytesInFlightReturnToNothingWhenAnHeirIsLongerThanItsLeader() {
    DispatchPolicy standard = DispatchPolicy.defaults();
    DispatchRig small = new DispatchRig(withFlightBytes(standard, 100));
    small.register(DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L));
    for (int i = 0; i < 20; i++) {
      Request leader = small.call("echo", "{ \"n\":" + i + "          }", 1_000);
      Request heir = small.call("echo", "{\"n\":" + i + "}", 60_000);
      small.advance(1_010);
      assertThat(small.answerTo(leader).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
      small.done(small.lastTask(), Outcome.OK, "1");
      assertThat(small.answerTo(heir).getOutcome()).isEqualTo(Outcome.OK);
    }
  }

  @Test
  void argumentsOfThoseWhoJoinCountAsInFlight() {
    DispatchRig small = new DispatchRig(withFlightBytes(DispatchPolicy.defaults(), 100));
    small.register(DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L));
    String spaces = " ".repeat(40);
    small.call("echo", "{" + spaces + "}", 1_000);
    small.call("echo", "{" + spaces + "}", 1_000);
    Request tooMuch = small.call("echo", "{" + spaces + "}", 1_000);
    assertThat(small.answerTo(tooMuch).getFailure().getCode()).isEqualTo("OVERLOADED");
  }

  @Test
  void theAnswerStandsInTheJournalBeforeTheFlightIsGone() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L));
    for (int writes = 0; writes < 12; writes++) {
      String arguments = "{\"n\":" + writes + "}";
      Request leader = rig.call("echo", arguments, 60_000);
      Request waiter = rig.call("echo", arguments, 60_000);
      Task task = rig.lastTask();
      rig.journal.writesLeft = writes;
      try {
        rig.done(task, Outcome.OK, "1");
      } catch (MemoryJournal.Killed killed) {
        rig.journal.writesLeft = -1;
        rig.now += 1_000;
        rig.restart();
        rig.done(task, Outcome.OK, "1");
      }
      rig.journal.writesLeft = -1;
      rig.advance(200);
      for (Request routed : rig.routed) {
        rig.call(routed);
      }
      rig.routed.clear();
      assertThat(rig.answersTo(leader)).as("after %d writes", writes).isNotEmpty();
      assertThat(rig.answersTo(waiter)).as("after %d writes", writes).isNotEmpty();
      assertThat(rig.answersTo(leader).stream().distinct()).hasSize(1);
      assertThat(rig.answersTo(waiter).stream().distinct()).hasSize(1);
      assertThat(rig.journal.flights).isEmpty();
      assertThat(rig.journal.waiters.values()).allSatisfy(of -> assertThat(of).isEmpty());
    }
  }

  @Test
  void anHeirSurvivesACrashInTheMiddleOfItsPromotion() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L));
    for (int writes = 0; writes < 5; writes++) {
      String arguments = "{\"n\":" + writes + "}";
      Request leader = rig.call("echo", arguments, 60_000);
      Request heir = rig.call("echo", arguments, 60_000);
      rig.journal.writesLeft = writes;
      try {
        rig.dispatcher.cancel(leader.getOperationId(), "", rig.now);
      } catch (MemoryJournal.Killed killed) {
        rig.journal.writesLeft = -1;
        rig.now += 1_000;
        rig.restart();
        rig.dispatcher.cancel(leader.getOperationId(), "", rig.now);
      }
      rig.journal.writesLeft = -1;
      rig.done(rig.lastTask(), Outcome.OK, "1");
      assertThat(rig.answersTo(leader).stream().distinct()).as("%d writes", writes).hasSize(1);
      assertThat(rig.answerTo(heir).getOutcome()).isEqualTo(Outcome.OK);
      assertThat(rig.journal.waiters.values()).allSatisfy(of -> assertThat(of).isEmpty());
    }
  }

  @Test
  void aCallThatIsReadAgainAfterItsDeadlineGetsItsFirstAnswer() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    Request call = rig.call("echo", "{}", 2_000);
    rig.done(rig.lastTask(), Outcome.OK, "1");
    rig.now += 5_000;
    rig.restart();
    rig.call(call);
    assertThat(rig.answersTo(call).stream().distinct()).hasSize(1);
  }

  @Test
  void aCallWhoseDeadlineHasPassedIsAnsweredAtOnceAndNotSent() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    Request call = rig.call("echo", "{}", -5);
    assertThat(rig.answerTo(call).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(rig.tasks).isEmpty();
  }

  @Test
  void anOperationIdInFlightIsRefusedWithOtherArgumentsThoughTheirFingerprintDiffers() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true).setCacheTtlMs(60_000L));
    Request call = rig.call("echo", "{\"n\":1}", 5_000);
    Request other = rig.request("echo", "{\"n\":2}", 5_000);
    other.setOperationId(call.getOperationId());
    rig.call(other);
    assertThat(rig.tasks).hasSize(1);
    assertThat(rig.answerTo(other).getFailure().getCode()).isEqualTo("OPERATION_ID_REUSED");
  }

  @Test
  void outputsOfWhatIsNotIdempotentAreNotCached() {
    rig.register(DispatchRig.spec("pay").setCacheTtlMs(60_000L));
    rig.call("pay", "{}", 5_000);
    rig.done(rig.lastTask(), Outcome.OK, "1");
    assertThat(rig.journal.cache).isEmpty();
  }

  @Test
  void aTargetThatTurnsNonIdempotentIsNotRunASecondTime() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    Request call = rig.call("echo", "{}", 30_000);
    rig.beat(rig.lastTask());
    rig.register(DispatchRig.spec("echo").setIdempotent(false));
    rig.advance(3_500);
    assertThat(rig.tasks).hasSize(1);
    assertThat(rig.answerTo(call).getOutcome()).isIn(Outcome.LOST, Outcome.OUTCOME_UNKNOWN);
  }

  @Test
  void aNonIdempotentTaskThatWasClaimedIsNotRetriedWhenItsTargetTurnsIdempotent() {
    rig.register(DispatchRig.spec("pay"));
    Request call = rig.call("pay", "{}", 30_000);
    rig.claim(rig.lastTask(), "a");
    rig.begin(rig.lastTask(), "a");
    rig.register(DispatchRig.spec("pay").setIdempotent(true));
    rig.advance(5_000);
    assertThat(rig.tasks).hasSize(1);
    assertThat(rig.answerTo(call).getOutcome()).isEqualTo(Outcome.OUTCOME_UNKNOWN);
  }

  @Test
  void aProbeThatIsStillFlyingAtARestartIsNotFollowedByAnotherOfItsEpoch() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    rig.circuit("echo", CircuitState.HALF_OPEN, 4);
    rig.call("echo", "{\"n\":1}", 30_000);
    rig.restart();
    Request second = rig.call("echo", "{\"n\":2}", 30_000);
    assertThat(rig.answerTo(second).getOutcome()).isEqualTo(Outcome.CIRCUIT_OPEN);
  }

  @Test
  void aLostCallThatWaitsForItsRetryUsesNoProbeUpMeanwhile() {
    DispatchRig poor = new DispatchRig(withBudget(DispatchPolicy.defaults(), 0, 0.1, 1));
    poor.register(DispatchRig.spec("echo").setIdempotent(true).setBackoffMs(0));
    poor.call("echo", "{\"n\":1}", 60_000);
    poor.done(poor.lastTask(), Outcome.TOOL_ERROR, null);
    poor.advance(10);
    poor.done(poor.lastTask(), Outcome.OK, "{}");
    Request lost = poor.call("echo", "{\"n\":2}", 60_000);
    poor.beat(poor.lastTask());
    poor.circuit("echo", CircuitState.HALF_OPEN, 4);

    poor.advance(15_000);

    assertThat(poor.answersTo(lost)).isEmpty();
    assertThat(poor.lastTask().getAttempt()).isEqualTo(2);
    assertThat(poor.lastTask().getOperationId()).isEqualTo(lost.getOperationId());
  }

  @Test
  void aCircuitOfAStateFromTheFutureIsTakenForClosed() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    rig.circuit("echo", CircuitState.UNKNOWN, 0);
    rig.call("echo", "{}", 30_000);
    assertThat(rig.tasks).hasSize(1);
  }

  @Test
  void anOversizedOutputFailsTheCallInsteadOfTheRecordsMadeFromIt() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    Request call = rig.call("echo", "{}", 30_000);
    rig.done(rig.lastTask(), Outcome.OK, "\"" + "x".repeat(1 << 20) + "\"");
    Answer answer = rig.answerTo(call);
    assertThat(answer.getFailure().getCode()).isEqualTo("OUTPUT_TOO_LARGE");
    assertThat(answer.getOutput()).isNull();
  }

  @Test
  void longWordsOfOthersAreCutBeforeTheyAreKept() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    String essay = "x".repeat(3 << 20);
    Request failing = rig.call("echo", "{}", 30_000);
    rig.say(
        DispatchRig.attempt(rig.lastTask(), AttemptPhase.DONE)
            .setOutcome(Outcome.TOOL_ERROR)
            .setRetryable(false)
            .setFailure(new Failure(essay, essay)));
    assertThat(rig.answerTo(failing).getFailure().getMessage()).hasSizeLessThan(10_000);
    assertThat(rig.answerTo(failing).getFailure().getCode()).hasSizeLessThan(1_000);
    Request cancelled = rig.call("echo", "{}", 30_000);
    rig.dispatcher.cancel(cancelled.getOperationId(), essay, rig.now);
    assertThat(rig.answerTo(cancelled).getFailure().getMessage()).hasSizeLessThan(10_000);
  }

  @Test
  void aRetryThatCouldNotEndInTimeCostsNoToken() {
    DispatchRig poor = new DispatchRig(withBudget(DispatchPolicy.defaults(), 0, 0, 1));
    poor.register(
        DispatchRig.spec("echo")
            .setIdempotent(true)
            .setBackoffMs(1 << 20)
            .setBackoffMaxMs(1 << 20));
    poor.call("echo", "{}", 1);
    poor.done(poor.lastTask(), Outcome.TOOL_ERROR, null);
    poor.register(DispatchRig.spec("echo").setIdempotent(true).setBackoffMs(1));
    Request second = poor.call("echo", "{}", 60_000);
    poor.done(poor.lastTask(), Outcome.TOOL_ERROR, null);
    assertThat(poor.answersTo(second)).isEmpty();
  }

  @Test
  void sequencesGoOnAboveThoseOfAnInstanceWhoseClockWasAhead() {
    rig.register(DispatchRig.spec("echo").setIdempotent(true));
    rig.call("echo", "{\"n\":1}", 600_000);
    long before = rig.lastTask().getSequence();
    rig.now -= 60_000;
    rig.restart();
    rig.call("echo", "{\"n\":2}", 600_000);
    assertThat(rig.lastTask().getSequence()).isGreaterThan(before);
  }

  @Test
  void aClaimIsGrantedOnceWhateverIsReadAgain() {
    rig.register(DispatchRig.spec("pay"));
    rig.call("pay", "{}", 60_000);
    Task task = rig.lastTask();
    rig.claim(task, "a");
    rig.restart();
    rig.claim(task, "a");
    rig.claim(task, "b");
    assertThat(rig.controls)
        .extracting(Control::getType)
        .containsExactly(ControlType.GRANT, ControlType.GRANT, ControlType.CANCEL);
  }

  @Test
  void aClaimedTaskThatNeverBeganIsSentAgainAndItsSuccessorRuns() {
    rig.register(DispatchRig.spec("pay"));
    Request call = rig.call("pay", "{}", 60_000);
    Task first = rig.lastTask();
    rig.claim(first, "dead");
    rig.advance(2_900);
    assertThat(rig.tasks).hasSize(1);
    rig.advance(200);
    assertThat(rig.tasks).hasSize(2);
    assertThat(rig.lastTask().getId()).isEqualTo(first.getId());
    assertThat(rig.lastTask().getClaimRequired()).isTrue();
    rig.claim(rig.lastTask(), "alive");
    rig.begin(rig.lastTask(), "alive");
    rig.say(
        DispatchRig.attempt(rig.lastTask(), AttemptPhase.DONE)
            .setClaimId("alive")
            .setOutcome(Outcome.OK)
            .setOutput("1"));
    assertThat(rig.answerTo(call).getOutcome()).isEqualTo(Outcome.OK);
    rig.health.flush();
    assertThat(rig.summaries)
        .singleElement()
        .satisfies(
            summary ->
                assertThat(summary.getLost()).as("a claim given back is no attempt lost").isZero());
  }

  @Test
  void aBeginThatIsInTheLogBeforeTheReleaseHoldsHoweverLateItIsRead() {
    rig.register(DispatchRig.spec("pay"));
    Request call = rig.call("pay", "{}", 60_000);
    Task task = rig.lastTask();
    rig.claim(task, "slow");
    rig.readsAtOnce = false;
    rig.begin(task, "slow");
    rig.advance(4_000);
    assertThat(rig.released).containsExactly("slow");
    rig.readsAtOnce = true;
    rig.advance(2_900);
    assertThat(rig.tasks).hasSize(1);
    assertThat(rig.answersTo(call)).isEmpty();
    rig.advance(200);
    assertThat(rig.answerTo(call).getOutcome()).isEqualTo(Outcome.OUTCOME_UNKNOWN);
  }

  @Test
  void aBeginAfterTheReleaseIsNoSignOfLife() {
    rig.register(DispatchRig.spec("pay"));
    rig.call("pay", "{}", 60_000);
    Task task = rig.lastTask();
    rig.claim(task, "late");
    rig.advance(3_100);
    rig.begin(task, "late");
    rig.claim(rig.lastTask(), "next");
    assertThat(rig.controls.get(rig.controls.size() - 1))
        .returns(ControlType.GRANT, Control::getType)
        .returns("next", Control::getClaimId);
  }

  @Test
  void aWorkerThatGivesItsClaimBackIsFollowedByAnotherAtOnce() {
    rig.register(DispatchRig.spec("pay"));
    rig.call("pay", "{}", 60_000);
    Task task = rig.lastTask();
    rig.claim(task, "a");
    rig.say(DispatchRig.attempt(task, AttemptPhase.RELEASE).setClaimId("other"));
    assertThat(rig.tasks).hasSize(1);
    rig.say(DispatchRig.attempt(task, AttemptPhase.RELEASE).setClaimId("a"));
    assertThat(rig.tasks).hasSize(2);
  }

  @Test
  void thatATaskBeganIsKnownAfterARestart() {
    rig.register(DispatchRig.spec("pay"));
    Request call = rig.call("pay", "{}", 60_000);
    rig.claim(rig.lastTask(), "a");
    rig.begin(rig.lastTask(), "a");
    rig.restart();
    rig.advance(11_000);
    assertThat(rig.tasks).hasSize(1);
    assertThat(rig.answerTo(call).getOutcome()).isEqualTo(Outcome.OUTCOME_UNKNOWN);
  }

  @Test
  void retriesEndWithTheirBudget() {
    DispatchRig poor = new DispatchRig(withBudget(DispatchPolicy.defaults(), 0, 0, 5));
    poor.register(DispatchRig.spec("echo").setIdempotent(true).setBackoffMs(0));
    for (int i = 0; i < 20; i++) {
      poor.call("echo", "{}", 60_000);
      poor.done(poor.lastTask(), Outcome.TOOL_ERROR, null);
    }
    poor.advance(1_000);
    assertThat(poor.tasks).hasSize(25);
    assertThat(poor.answers).hasSize(15);
  }

  static DispatchPolicy withFlightBytes(DispatchPolicy of, long bytes) {
    return new DispatchPolicy(
        of.dedupeWindow(),
        of.clockSkew(),
        of.unknownTargetWait(),
        of.silence(),
        of.restoreGrace(),
        of.waitersMax(),
        of.flightsMax(),
        bytes,
        of.cache(),
        of.retryRatio(),
        of.retriesPerSecond(),
        of.retriesSaved());
  }

  static DispatchPolicy withBudget(
      DispatchPolicy of, double ratio, double perSecond, double saved) {
    return new DispatchPolicy(
        of.dedupeWindow(),
        of.clockSkew(),
        of.unknownTargetWait(),
        of.silence(),
        Duration.ofSeconds(7),
        of.waitersMax(),
        of.flightsMax(),
        of.flightBytesMax(),
        of.cache(),
        ratio,
        perSecond,
        saved);
  }
}
