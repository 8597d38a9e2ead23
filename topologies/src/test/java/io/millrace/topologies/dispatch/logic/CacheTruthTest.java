package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.CacheInvalidation;
import io.millrace.events.InvalidationScope;
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
import org.junit.jupiter.api.Test;

/**
 * Holds that nothing untrue is served, however calls, work, writes and invalidations interleave.
 */
class CacheTruthTest {
  private static final String READ = "tool:read";

  private DispatchRig rig = new DispatchRig();

  private void register() {
    rig.register(
        DispatchRig.spec("read")
            .setIdempotent(true)
            .setReadOnly(true)
            .setSpeculate(true)
            .setAttemptsMax(3)
            .setBackoffMs(10)
            .setCacheTtlMs(3_600_000L));
    rig.register(DispatchRig.spec("write").setIdempotent(true).setAttemptsMax(1));
  }

  private void invalidate(InvalidationScope scope, String name) {
    rig.invalidations.put(
        CacheInvalidation.newBuilder()
            .setTenant("default")
            .setScope(scope)
            .setName(name)
            .setTargetVersion(scope == InvalidationScope.VERSION ? "1" : "")
            .build(),
        rig.now);
  }

  private Request call(String tool, String arguments, String conversation, boolean speculative) {
    Request request = rig.request(tool, arguments, 60_000);
    request.setCorrelationId(conversation);
    request.setSpeculative(speculative);
    rig.call(request);
    return request;
  }

  private Request read(String conversation) {
    return call("read", "{}", conversation, false);
  }

  private List<String> outputs(Request request) {
    return rig.answersTo(request).stream().map(Answer::getOutput).toList();
  }

  @Test
  void whoAsksAfterAnInvalidationGetsWorkThatWasBegunAfterIt() {
    register();
    Request before = read("");
    Task old = rig.lastTask();
    rig.advance(10);
    invalidate(InvalidationScope.PREFIX, "tool:r");
    rig.advance(10);
    Request after = read("");
    Request withIt = read("");
    assertThat(rig.tasks).hasSize(2);
    Task fresh = rig.lastTask();

    rig.done(old, Outcome.OK, "old");
    assertThat(outputs(before)).containsExactly("old");
    assertThat(outputs(after)).isEmpty();
    rig.done(fresh, Outcome.OK, "new");
    assertThat(outputs(after)).containsExactly("new");
    assertThat(outputs(withIt)).containsExactly("new");
    assertThat(outputs(read(""))).containsExactly("new");
    assertThat(rig.journal.flights).isEmpty();
  }

  @Test
  void whatWasSentInAnEarlierFlightDoesNotAnswerALaterOne() {
    register();
    Request first = read("");
    Task slow = rig.lastTask();
    rig.done(slow, Outcome.OK, "1");
    invalidate(InvalidationScope.KEY, rig.fingerprint(first));
    rig.advance(10);
    Request second = read("");
    rig.done(slow, Outcome.OK, "1");

    assertThat(outputs(second)).isEmpty();
    rig.done(rig.lastTask(), Outcome.OK, "2");
    assertThat(outputs(second)).containsExactly("2");
  }

  @Test
  void whatARunThatIsForgottenSentIsNotStoredOverAnInvalidation() {
    register();
    Request request = rig.request("read", "{}", 60_000);
    rig.call(request);
    Task sent = rig.lastTask();
    rig.advance(10);
    invalidate(InvalidationScope.VERSION, READ);
    rig.advance(10);
    rig.journal.flights.clear();
    rig.restart();
    rig.call(request);
    assertThat(rig.lastTask().getId()).isEqualTo(sent.getId());
    rig.done(sent, Outcome.OK, "old");

    assertThat(rig.journal.cache).isEmpty();
  }

  @Test
  void aFlightThatBeganAfterAnotherIsCancelledUnderTheSameFingerprint() {
    register();
    read("");
    invalidate(InvalidationScope.VERSION, READ);
    rig.advance(10);
    Request second = read("");
    rig.dispatcher.cancel(second.getOperationId(), "", rig.now);

    assertThat(rig.answerTo(second).getOutcome()).isEqualTo(Outcome.CANCELLED);
  }

  @Test
  void aWriteEndsWhatWasMadeAheadWhetherDoneOrUnderWay() {
    register();
    call("read", "{\"k\":1}", "c", true);
    rig.done(rig.lastTask(), Outcome.OK, "old 1");
    call("read", "{\"k\":2}", "c", true);
    Task underWay = rig.lastTask();
    rig.advance(10);
    call("write", "{}", "c", false);
    rig.done(rig.lastTask(), Outcome.OK, "written");
    rig.advance(10);
    Request one = call("read", "{\"k\":1}", "c", false);
    Request two = call("read", "{\"k\":2}", "c", false);
    rig.done(underWay, Outcome.OK, "old 2");

    assertThat(outputs(one)).isEmpty();
    assertThat(outputs(two)).isEmpty();
    assertThat(rig.tasks).hasSize(5);
    assertThat(rig.writes).containsExactly("default/c@10", "default/c@10");
  }

  @Test
  void aReadEndsNothingThatWasMadeAhead() {
    register();
    call("read", "{\"k\":1}", "c", true);
    rig.done(rig.lastTask(), Outcome.OK, "1");
    rig.advance(10);
    call("read", "{\"k\":2}", "c", false);
    rig.done(rig.lastTask(), Outcome.OK, "2");

    assertThat(outputs(call("read", "{\"k\":1}", "c", false))).containsExactly("1");
    assertThat(rig.writes).isEmpty();
  }

  @Test
  void aWriteThatNeverRanEndsNothing() {
    register();
    Request late = rig.request("write", "{}", 0);
    late.setCorrelationId("c");
    rig.call(late);

    assertThat(rig.answerTo(late).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(rig.writes).isEmpty();
  }

  @Test
  void whileNothingIsRunAheadWritesAreNotNoted() {
    rig.register(DispatchRig.spec("write").setIdempotent(true));
    call("write", "{}", "c", false);
    rig.done(rig.lastTask(), Outcome.OK, "written");

    assertThat(rig.writes).isEmpty();
  }

  /**
   * The world has a number that rises with every change; after a change an invalidation is written.
   * Work sees the world at any time between when it is sent and when it ends. Who asks after an
   * invalidation must not see the world before it.
   */
  @Property(tries = 300)
  void nobodySeesTheWorldBeforeTheLastInvalidationBeforeTheirCall(@ForAll long seed) {
    Random random = new Random(seed);
    rig = new DispatchRig();
    register();
    List<Task> out = new ArrayList<>();
    Map<String, Integer> sawAtLeast = new HashMap<>();
    Map<Request, Integer> asked = new HashMap<>();
    int state = 0;
    for (int step = 0; step < 120; step++) {
      int known = rig.tasks.size();
      switch (random.nextInt(10)) {
        case 0 -> {
          state++;
          InvalidationScope[] scopes = {
            InvalidationScope.KEY, InvalidationScope.PREFIX, InvalidationScope.VERSION
          };
          InvalidationScope scope = scopes[random.nextInt(scopes.length)];
          invalidate(
              scope,
              scope == InvalidationScope.KEY
                  ? rig.fingerprint(rig.request("read", "{}", 1))
                  : READ);
        }
        case 1, 2, 3 -> asked.put(read(""), state);
        case 4, 5, 6 -> {
          if (!out.isEmpty()) {
            // Workers may say it twice, or late.
            Task task = out.get(random.nextInt(out.size()));
            int least = sawAtLeast.get(task.getId());
            boolean ok = random.nextInt(4) > 0;
            String saw = Integer.toString(least + random.nextInt(state - least + 1));
            rig.say(
                DispatchRig.attempt(task, io.millrace.events.AttemptPhase.DONE)
                    .setOutcome(ok ? Outcome.OK : Outcome.TOOL_ERROR)
                    .setRetryable(true)
                    .setOutput(ok ? saw : null));
          }
        }
        case 7 -> {
          if (random.nextInt(4) == 0) {
            rig.now += 10;
            rig.restart();
          }
        }
        default -> rig.advance(10L * (1 + random.nextInt(5)));
      }
      for (Task task : rig.tasks.subList(known, rig.tasks.size())) {
        out.add(task);
        sawAtLeast.merge(task.getId(), state, Math::min);
      }
    }
    asked.forEach(
        (request, since) ->
            rig.answersTo(request).stream()
                .filter(answer -> answer.getOutcome() == Outcome.OK)
                .forEach(
                    answer ->
                        assertThat(Integer.parseInt(answer.getOutput()))
                            .isGreaterThanOrEqualTo(since)));
  }

  /**
   * Reads are made ahead for two conversations, asked for, and overtaken by writes: nobody gets
   * what was made ahead before the last write of their own conversation, nor of the one it was made
   * for.
   */
  @Property(tries = 300)
  void nobodyGetsWhatWasMadeAheadBeforeAWrite(@ForAll long seed) {
    Random random = new Random(seed);
    rig = new DispatchRig();
    register();
    String[] conversations = {"c", "d"};
    Map<String, Integer> wrote = new HashMap<>(Map.of("c", 0, "d", 0));
    Map<String, Made> made = new HashMap<>();
    Map<String, Request> calls = new HashMap<>();
    Map<Request, Map<String, Integer>> asked = new HashMap<>();
    Set<String> done = new HashSet<>();
    for (int step = 1; step < 120; step++) {
      String conversation = conversations[random.nextInt(2)];
      String arguments = "{\"k\":" + random.nextInt(2) + "}";
      int known = rig.tasks.size();
      switch (random.nextInt(8)) {
        case 0 -> {
          Request request = call("write", "{}", conversation, false);
          calls.put(request.getOperationId(), request);
          wrote.put(conversation, step);
        }
        case 1, 2 -> {
          Request request = call("read", arguments, conversation, true);
          calls.put(request.getOperationId(), request);
        }
        case 3, 4 -> {
          Request request = call("read", arguments, conversation, false);
          calls.put(request.getOperationId(), request);
          asked.put(request, new HashMap<>(wrote));
        }
        case 5, 6 -> {
          List<Task> open =
              rig.tasks.stream().filter(task -> !done.contains(task.getId())).toList();
          if (!open.isEmpty()) {
            Task task = open.get(random.nextInt(open.size()));
            done.add(task.getId());
            rig.done(task, Outcome.OK, "\"" + task.getId() + "\"");
            if (task.getTarget().equals("tool:write")) {
              wrote.put(calls.get(task.getOperationId()).getCorrelationId(), step);
            }
          }
        }
        default -> rig.advance(10);
      }
      for (Task task : rig.tasks.subList(known, rig.tasks.size())) {
        Request leader = calls.get(task.getOperationId());
        if (leader != null && leader.getSpeculative()) {
          made.put("\"" + task.getId() + "\"", new Made(leader.getCorrelationId(), step));
        }
      }
    }
    for (Map.Entry<Request, Map<String, Integer>> entry : asked.entrySet()) {
      for (Answer answer : rig.answersTo(entry.getKey())) {
        Made ahead = made.get(answer.getOutput());
        if (ahead != null) {
          assertThat(ahead.at)
              .isGreaterThan(entry.getValue().get(entry.getKey().getCorrelationId()))
              .isGreaterThan(entry.getValue().get(ahead.conversation));
        }
      }
    }
  }

  private record Made(String conversation, int at) {}
}
