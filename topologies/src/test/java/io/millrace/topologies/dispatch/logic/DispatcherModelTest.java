package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.CircuitState;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.state.Answer;
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

/**
 * Random histories of a dispatcher: calls, repeats, every kind of attempt, cancels, time, circuits,
 * and crashes after which a part of the inputs is read again; what must hold of every one of them.
 */
class DispatcherModelTest {
  private static final int ATTEMPTS_MAX = 3;
  private static final long DEADLINE_SLACK = 50;

  /** Something that was read from the log, to be read again after a crash. */
  private interface Input {
    void feed(DispatchRig rig);
  }

  private final Map<String, Request> requests = new HashMap<>();
  private final List<Input> log = new ArrayList<>();
  private DispatchRig rig = new DispatchRig();
  private Random random = new Random();
  private final Map<String, Long> sentAtGrant = new HashMap<>();
  private int claims;
  private int crashes;

  @Property(tries = 300)
  void whateverHappensEveryLawHolds(@ForAll long seed) {
    history(seed, true);
  }

  @Property(tries = 300)
  void theSameHoldsWithoutCrashesWhereEveryOperationIsAnsweredExactlyOnce(@ForAll long seed) {
    history(seed, false);
    requests.forEach(
        (operation, request) -> assertThat(rig.answersTo(request).stream().distinct()).hasSize(1));
  }

  private void history(long seed, boolean crashing) {
    random = new Random(seed);
    rig = new DispatchRig(DispatcherTest.withBudget(DispatchPolicy.defaults(), 0.1, 0.2, 2));
    requests.clear();
    log.clear();
    sentAtGrant.clear();
    claims = 0;
    crashes = 0;
    rig.register(DispatchRig.spec("pay").setAttemptsMax(ATTEMPTS_MAX));
    rig.register(DispatchRig.spec("echo").setIdempotent(true).setAttemptsMax(ATTEMPTS_MAX));
    rig.register(
        DispatchRig.spec("look")
            .setIdempotent(true)
            .setCacheTtlMs(2_000L)
            .setAttemptsMax(ATTEMPTS_MAX));
    for (int step = 0; step < 150; step++) {
      step(crashing);
      checkGrants();
    }
    rig.advance(40_000);
    checkAll();
  }

  private void step(boolean crashing) {
    switch (random.nextInt(crashing ? 12 : 11)) {
      case 0, 1, 2 -> call();
      case 3 -> repeat();
      case 4, 5, 6 -> attempt();
      case 7 -> cancel();
      case 8, 9 -> rig.advance(random.nextInt(random.nextInt(8) == 0 ? 5_000 : 200));
      case 10 -> circuit();
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
      case 2 -> attempt = DispatchRig.attempt(task, AttemptPhase.RUNNING);
      default -> {
        Outcome outcome =
            List.of(Outcome.OK, Outcome.OK, Outcome.TOOL_ERROR, Outcome.TIMEOUT, Outcome.CANCELLED)
                .get(random.nextInt(5));
        attempt =
            DispatchRig.attempt(task, AttemptPhase.DONE)
                .setOutcome(outcome)
                .setClaimId(grantOf(task))
                .setOutput(outcome == Outcome.OK ? "\"" + random.nextInt() + "\"" : null);
      }
    }
    Attempt said = attempt.build();
    read(on -> on.dispatcher.attempt(Attempt.newBuilder(said).build(), on.now));
  }

  private String grantOf(Task task) {
    return rig.controls.stream()
        .filter(c -> c.getType() == ControlType.GRANT && c.getTaskId().equals(task.getId()))
        .map(Control::getClaimId)
        .findFirst()
        .orElse("");
  }

  private void cancel() {
    if (!requests.isEmpty()) {
      Request request = pick(new ArrayList<>(requests.values()));
      String fingerprint = rig.fingerprint(request);
      read(on -> on.dispatcher.cancel(fingerprint, request.getOperationId(), "", on.now));
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

  /** Of the claims on one task at most one is granted, and nothing is sent after that. */
  private void checkGrants() {
    Map<String, Set<String>> granted = new HashMap<>();
    for (Control control : rig.controls) {
      if (control.getType() == ControlType.GRANT) {
        granted
            .computeIfAbsent(control.getOperationId(), o -> new HashSet<>())
            .add(control.getClaimId());
      }
    }
    for (Map.Entry<String, Set<String>> grant : granted.entrySet()) {
      if ("tool:pay".equals(target(grant.getKey()))) {
        assertThat(grant.getValue()).as("one claim of %s", grant.getKey()).hasSize(1);
        long sent = tasksOf(grant.getKey());
        Long before = sentAtGrant.putIfAbsent(grant.getKey(), sent);
        assertThat(before == null ? sent : before).as("none sent after a grant").isEqualTo(sent);
      }
    }
  }

  private String target(String operation) {
    Request request = requests.get(operation);
    return request == null ? "" : request.getTarget();
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
      assertThat(task.getAttempt()).isBetween(1, ATTEMPTS_MAX);
      attempts.add(task.getId());
      if (task.getAttempt() == 1) {
        firsts.add(task.getId());
      } else {
        assertThat(task.getTarget()).isNotEqualTo("tool:pay");
      }
    }
    if (crashes == 0) {
      double seconds = (rig.now - DispatchRig.START) / 1000.0;
      assertThat((double) (attempts.size() - firsts.size()))
          .as("retries keep to their budget")
          .isLessThanOrEqualTo(2 + firsts.size() * 0.1 + seconds * 0.2 + 1e-6);
    }
  }
}
