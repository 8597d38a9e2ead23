package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.CircuitState;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.Fallback;
import io.millrace.events.Hedge;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Throttle;
import io.millrace.state.Answer;
import io.millrace.state.FlightPhase;
import io.millrace.state.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * Random histories of a dispatcher: calls, repeats, every kind of attempt, cancels, time, circuits,
 * and crashes after which a part of the inputs is read again; what must hold of every one of them.
 */
class DispatcherModelTest {
  private static final int ATTEMPTS_MAX = 3;
  private static final Set<String> ACTED = new HashSet<>();
  private static final long DEADLINE_SLACK = 50;

  /** Something that was read from the log, to be read again after a crash. */
  private interface Input {
    void feed(DispatchRig rig);
  }

  private final Map<String, Request> requests = new HashMap<>();
  private final List<Input> log = new ArrayList<>();
  private DispatchRig rig = new DispatchRig();
  private Random random = new Random();
  private final Map<String, Set<String>> begun = new HashMap<>();
  private final Map<String, Long> sentAtBegin = new HashMap<>();
  private int claims;
  private int crashes;
  private boolean controlled;

  @Property(tries = 300)
  void whateverHappensEveryLawHolds(@ForAll long seed) {
    history(seed, true, false);
  }

  @Property(tries = 300)
  void theyHoldWithEveryControlOn(@ForAll long seed) {
    history(seed, true, true);
    rig.alerts.forEach(alert -> ACTED.add(alert.getType()));
  }

  @AfterContainer
  static void everyControlHasActedInSomeHistory() {
    assertThat(ACTED).contains("CONTROL_HEDGED", "CONTROL_FELL_BACK", "CONTROL_TIMEOUT");
  }

  @Property(tries = 300)
  void theSameHoldsWithoutCrashesWhereEveryOperationIsAnsweredExactlyOnce(@ForAll long seed) {
    history(seed, false, false);
    requests.forEach(
        (operation, request) -> assertThat(rig.answersTo(request).stream().distinct()).hasSize(1));
  }

  @Property(tries = 300)
  void whatBeginsEndsOnceInHealth(@ForAll long seed, @ForAll boolean controls) {
    history(seed, false, controls);
    assertThat(begunNotEnded()).isZero();
  }

  /** Of all summaries so far. */
  private long begunNotEnded() {
    rig.health.flush();
    return rig.summaries.stream()
        .mapToLong(
            of ->
                of.getSent()
                    - of.getOk()
                    - of.getToolErrors()
                    - of.getTimeouts()
                    - of.getLost()
                    - of.getCalledOff())
        .sum();
  }

  /** Attempts of flights whose task is out, by what is kept of them. */
  private long outNow() {
    return rig.journal.flights.values().stream()
        .filter(flight -> flight.getPhase() == FlightPhase.SENT)
        .mapToLong(flight -> flight.getElderTaskId().isEmpty() ? 1 : 2)
        .sum();
  }

  private void history(long seed, boolean crashing, boolean controls) {
    random = new Random(seed);
    rig = new DispatchRig(DispatcherTest.withBudget(DispatchPolicy.defaults(), 0.1, 0.2, 2));
    requests.clear();
    log.clear();
    begun.clear();
    sentAtBegin.clear();
    rig.readsAtOnce = false;
    claims = 0;
    crashes = 0;
    controlled = controls;
    register(DispatchRig.spec("pay"));
    register(DispatchRig.spec("echo").setIdempotent(true));
    register(DispatchRig.spec("look").setIdempotent(true).setCacheTtlMs(2_000L));
    if (controls) {
      learn();
    }
    for (int step = 0; step < 150; step++) {
      step(crashing);
      checkBegins();
      if (!crashing) {
        assertThat(begunNotEnded()).as("begun and not ended in health").isEqualTo(outNow());
      }
    }
    rig.readsAtOnce = true;
    rig.advance(40_000);
    checkBegins();
    checkAll();
  }

  private void register(TargetSpec.Builder spec) {
    if (controlled) {
      spec.setAdaptiveTimeout(AdaptiveTimeout.newBuilder().build())
          .setThrottle(Throttle.newBuilder().setRatio(1.05).build());
      if (spec.getIdempotent()) {
        // One falls back to what is not idempotent, and that is never hedged.
        spec.setHedge(Hedge.newBuilder().setQuantile(0.5).setBudget(0.5).build())
            .setFallbacks(List.of(Fallback.newBuilder().setTarget("tool:pay").build()));
      }
    }
    rig.register(spec.setAttemptsMax(ATTEMPTS_MAX));
  }

  /** Hedges are sent only once enough is known of the latencies. */
  private void learn() {
    for (int i = 0; i < LatencyWindow.COUNT_MIN; i++) {
      rig.call("echo", "{\"learn\":%d}".formatted(i), 60_000);
      rig.dispatcher.attempt(
          DispatchRig.attempt(rig.lastTask(), AttemptPhase.DONE)
              .setOutcome(Outcome.OK)
              .setRunMs(1)
              .build(),
          rig.now);
    }
  }

  private void step(boolean crashing) {
    switch (random.nextInt(crashing ? 14 : 13)) {
      case 0, 1, 2 -> call();
      case 3 -> repeat();
      case 4, 5, 6 -> attempt();
      case 7 -> cancel();
      case 8, 9 -> rig.advance(random.nextInt(random.nextInt(8) == 0 ? 5_000 : 200));
      case 10 -> circuit();
      case 11, 12 -> hear(random.nextInt(5));
      default -> crash();
    }
  }

  private void read(Input input) {
    log.add(input);
    input.feed(rig);
  }

  private void call() {
    String tool = List.of("pay", "echo", "look").get(random.nextInt(3));
    Request request =
        rig.request(tool, "{\"n\":" + random.nextInt(4) + "}", 10 + random.nextInt(10_000));
    requests.put(request.getOperationId(), request);
    read(on -> on.call(request));
  }

  private void repeat() {
    if (!requests.isEmpty()) {
      Request request = pick(new ArrayList<>(requests.values()));
      read(on -> on.call(request));
    }
  }

  private void attempt() {
    if (rig.tasks.isEmpty()) {
      return;
    }
    // Mostly late tasks; sometimes stale ones.
    List<Task> tasks = rig.tasks;
    Task task =
        random.nextInt(4) == 0
            ? pick(tasks)
            : tasks.get(tasks.size() - 1 - random.nextInt(Math.min(3, tasks.size())));
    Attempt.Builder attempt;
    switch (random.nextInt(5)) {
      case 0, 1 ->
          attempt = DispatchRig.attempt(task, AttemptPhase.CLAIM).setClaimId("claim" + claims++);
      case 2 -> attempt = running(task);
      default -> {
        Outcome outcome =
            List.of(Outcome.OK, Outcome.OK, Outcome.TOOL_ERROR, Outcome.TIMEOUT, Outcome.CANCELLED)
                .get(random.nextInt(5));
        attempt =
            DispatchRig.attempt(task, AttemptPhase.DONE)
                .setOutcome(outcome)
                .setClaimId(begunClaim(task))
                .setOutput(outcome == Outcome.OK ? "\"" + random.nextInt() + "\"" : null);
      }
    }
    rig.unread.add(attempt.build());
    if (random.nextInt(4) > 0) {
      hear(rig.unread.size());
    }
  }

  /**
   * A beat; under a claim only as workers give it: the claim was granted to them, and their lease,
   * which ends before a release is written, is not over.
   */
  private Attempt.Builder running(Task task) {
    Attempt.Builder beat = DispatchRig.attempt(task, AttemptPhase.RUNNING);
    if (!task.getClaimRequired()) {
      return beat;
    }
    List<String> granted =
        rig.controls.stream()
            .filter(c -> c.getType() == ControlType.GRANT && c.getTaskId().equals(task.getId()))
            .map(Control::getClaimId)
            .filter(claim -> !rig.released.contains(claim) || begunClaim(task).equals(claim))
            .distinct()
            .toList();
    if (granted.isEmpty()) {
      return beat.setClaimId("never granted");
    }
    String claim = pick(granted);
    begun.computeIfAbsent(task.getOperationId(), o -> new HashSet<>()).add(claim);
    return beat.setClaimId(claim);
  }

  private String begunClaim(Task task) {
    return begun.getOrDefault(task.getOperationId(), Set.of()).stream().findFirst().orElse("");
  }

  /** Reads what was written of attempts, in order. */
  private void hear(int attempts) {
    for (int i = 0; i < attempts && !rig.unread.isEmpty(); i++) {
      Attempt said = rig.unread.remove();
      read(on -> on.dispatcher.attempt(Attempt.newBuilder(said).build(), on.now));
    }
  }

  private void cancel() {
    if (!requests.isEmpty()) {
      Request request = pick(new ArrayList<>(requests.values()));
      read(on -> on.dispatcher.cancel(request.getOperationId(), "", on.now));
    }
  }

  private void circuit() {
    CircuitState state = random.nextInt(4) == 0 ? CircuitState.HALF_OPEN : CircuitState.CLOSED;
    rig.circuit("echo", state, crashes + log.size());
  }

  /** Sometimes the crash comes in the middle of an input, or of a tick. */
  private void crash() {
    crashes++;
    rig.journal.writesLeft = random.nextInt(4);
    try {
      switch (random.nextInt(4)) {
        case 0 -> call();
        case 1, 2 -> attempt();
        default -> rig.advance(100);
      }
    } catch (MemoryJournal.Killed killed) {
      // What was read before the last commit is read again, the last input always.
    }
    rig.journal.writesLeft = -1;
    rig.restart();
    int again = Math.min(log.size(), 1 + random.nextInt(20));
    for (Input input : log.subList(log.size() - again, log.size())) {
      input.feed(rig);
    }
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** Of the claims on one task at most one ever begins to run, and nothing is sent after that. */
  private void checkBegins() {
    begun.forEach(
        (operation, by) -> {
          assertThat(by).as("runs of %s", operation).hasSize(1);
          long sent = tasksOf(operation);
          Long before = sentAtBegin.putIfAbsent(operation, sent);
          assertThat(before == null ? sent : before).as("sent once begun").isEqualTo(sent);
        });
  }

  private long tasksOf(String operation) {
    return rig.tasks.stream().filter(t -> t.getOperationId().equals(operation)).count();
  }

  private void checkAll() {
    assertThat(rig.dispatcher.inFlight()).as("nothing flies for ever").isZero();
    assertThat(rig.journal.flights).isEmpty();
    assertThat(rig.journal.waiters.values()).allSatisfy(of -> assertThat(of).isEmpty());
    requests.forEach(
        (operation, request) -> {
          List<Answer> answers = rig.answersTo(request);
          assertThat(answers).as("%s is answered", operation).isNotEmpty();
          assertThat(answers.stream().distinct()).as("answers to %s", operation).hasSize(1);
          if ("tool:pay".equals(request.getTarget())) {
            assertThat(answers.get(0).getOutcome())
                .as("lost means tried in vain, which only what is idempotent may be")
                .isNotEqualTo(Outcome.LOST);
          }
          assertThat(answers.get(0).getAnsweredAt())
              .as("answered by its deadline")
              .isLessThanOrEqualTo(request.getDeadlineAt() + DEADLINE_SLACK);
        });
    Set<String> attempts = new HashSet<>();
    Set<String> firsts = new HashSet<>();
    for (Task task : rig.tasks) {
      assertThat(task.getAttempt()).isBetween(1, controlled ? ATTEMPTS_MAX + 1 : ATTEMPTS_MAX);
      attempts.add(task.getId());
      if (task.getAttempt() == 1) {
        firsts.add(task.getId());
      } else if (!controlled) {
        assertThat(task.getTarget()).isNotEqualTo("tool:pay");
      }
    }
    if (crashes == 0 && !controlled) {
      double seconds = (rig.now - DispatchRig.START) / 1000.0;
      assertThat((double) (attempts.size() - firsts.size()))
          .as("retries keep to their budget")
          .isLessThanOrEqualTo(2 + firsts.size() * 0.1 + seconds * 0.2 + 1e-6);
    }
  }
}
