package io.millrace.platform.demo;

import static io.millrace.platform.demo.Numbers.count;
import static io.millrace.platform.demo.Numbers.time;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolResult;
import io.millrace.platform.demo.report.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Kills one of two workers in the middle of its tasks and counts what became of every call.
 *
 * <p>The effect of each call is a line with its operation id, so that the files tell how often it
 * was executed, whatever the answers say.
 */
final class CrashStep implements Step {

  private static final String NOTHING_LOST = "worker_killed_nothing_lost";
  private static final String FILE = "effects";

  private static final int CALLS_PER_BATCH = 100;
  private static final int TASK_MILLIS = 150;
  private static final int DONE_BEFORE_KILL = 20;
  private static final Duration READY = Duration.ofSeconds(30);
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final long POLL_MILLIS = 5;

  private final DemoClient client;
  private final TargetSpec idempotent;
  private final TargetSpec once;
  private final WorkerProcess victim;
  private final Path victimEffects;
  private final Path survivorEffects;

  /**
   * @param idempotent a tool with an effect that may be had twice
   * @param once the same, but it may not
   * @param victimEffects the folder in which {@code victim} leaves its effects
   * @param survivorEffects the folder of the worker that goes on
   */
  CrashStep(
      DemoClient client,
      TargetSpec idempotent,
      TargetSpec once,
      WorkerProcess victim,
      Path victimEffects,
      Path survivorEffects) {
    this.client = client;
    this.idempotent = idempotent;
    this.once = once;
    this.victim = victim;
    this.victimEffects = victimEffects;
    this.survivorEffects = survivorEffects;
  }

  /** A call that was made. */
  private record Call(boolean idempotent, CompletableFuture<ToolResult> answer) {}

  @Override
  public String title() {
    return "a worker is killed in the middle of its tasks";
  }

  @Override
  public List<String> checks() {
    return List.of(NOTHING_LOST);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    progress.advance(0, 0, "waiting for the worker");
    waitFor("the worker " + victim.id() + " to be ready", () -> client.hasWorker(victim.id()));
    Map<String, Call> calls = new LinkedHashMap<>();
    send(calls);
    waitFor(
        "the worker " + victim.id() + " to run tasks",
        () -> executions(victimEffects).size() >= DONE_BEFORE_KILL);
    victim.kill();
    long killed = System.nanoTime();
    long running = unanswered(calls, executions(victimEffects));
    progress.advance(0, 0, "killed process " + victim.pid());
    // Work goes on, or nothing would overtake what is lost.
    send(calls);
    Map<String, Outcome> outcomes = outcomes(calls, progress);
    Duration recovery = Duration.ofNanos(System.nanoTime() - killed);
    judge(findings, calls, outcomes, running, recovery);
    findings.timing(
        "last answer after the kill",
        recovery,
        "process %d had %s running".formatted(victim.pid(), count(running, "task")));
    return "all answered %s after kill -9".formatted(time(recovery));
  }

  private void send(Map<String, Call> calls) throws InterruptedException {
    for (int i = 0; i < CALLS_PER_BATCH; i++) {
      String id = DemoClient.newId();
      boolean repeatable = i % 2 == 0;
      calls.put(
          id,
          new Call(
              repeatable,
              client.call(id, repeatable ? idempotent : once, arguments(id), DEADLINE)));
    }
  }

  private static ObjectNode arguments(String id) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("file", FILE)
        .put("line", id)
        .put("ms", TASK_MILLIS);
  }

  private interface Condition {
    boolean holds();
  }

  private void waitFor(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + READY.toNanos();
    while (!condition.holds()) {
      if (!victim.alive()) {
        throw new DemoException(
            "the worker " + victim.id() + " ended by itself: " + victim.lastWords(), null);
      }
      if (System.nanoTime() - end > 0) {
        throw new DemoException("waited %d s for %s".formatted(READY.toSeconds(), what), null);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** How many of the victim's tasks had begun and had no answer. */
  private static long unanswered(Map<String, Call> calls, Map<String, Integer> begun) {
    return begun.keySet().stream()
        .map(calls::get)
        .filter(call -> call != null && !call.answer.isDone())
        .count();
  }

  /** How each call ended; what is not in it had no answer. */
  private static Map<String, Outcome> outcomes(Map<String, Call> calls, Progress progress)
      throws InterruptedException {
    Map<String, Outcome> outcomes = new HashMap<>();
    long end = System.nanoTime() + DEADLINE.plus(GRACE).toNanos();
    while (outcomes.size() < calls.size() && System.nanoTime() - end < 0) {
      for (Map.Entry<String, Call> entry : calls.entrySet()) {
        ToolResult result = entry.getValue().answer.getNow(null);
        if (result != null) {
          outcomes.put(entry.getKey(), result.getOutcome());
        }
      }
      progress.advance(outcomes.size(), calls.size(), "answers");
      Thread.sleep(POLL_MILLIS);
    }
    return outcomes;
  }

  private void judge(
      Findings findings,
      Map<String, Call> calls,
      Map<String, Outcome> outcomes,
      long running,
      Duration recovery) {
    Map<String, Integer> executions = executions(victimEffects);
    executions(survivorEffects).forEach((id, n) -> executions.merge(id, n, Integer::sum));
    int lost = calls.size() - outcomes.size();
    long twice = 0;
    long withoutEffect = 0;
    Map<Outcome, Integer> unexpected = new EnumMap<>(Outcome.class);
    int unknown = 0;
    for (Map.Entry<String, Outcome> entry : outcomes.entrySet()) {
      boolean repeatable = requireCall(calls, entry.getKey()).idempotent;
      Outcome outcome = entry.getValue();
      int times = executions.getOrDefault(entry.getKey(), 0);
      if (outcome == Outcome.OUTCOME_UNKNOWN && !repeatable) {
        unknown++;
      } else if (outcome != Outcome.OK) {
        unexpected.merge(outcome, 1, Integer::sum);
      } else if (times == 0) {
        withoutEffect++;
      }
      if (!repeatable && times > 1) {
        twice++;
      }
    }
    boolean ok =
        lost == 0 && twice == 0 && withoutEffect == 0 && unexpected.isEmpty() && running > 0;
    StringBuilder detail = new StringBuilder();
    detail.append(
        "%d of %d calls answered within %s of the kill, %d tasks were running; non-idempotent: %d executed twice, %d OUTCOME_UNKNOWN; idempotent: all OK"
            .formatted(outcomes.size(), calls.size(), time(recovery), running, twice, unknown));
    if (!ok) {
      detail.setLength(0);
      detail.append(
          "%d without an answer, %d executed twice, %d OK without effect, unexpected outcomes %s, %d running at the kill"
              .formatted(lost, twice, withoutEffect, new TreeMap<>(unexpected), running));
    }
    findings.check(NOTHING_LOST, ok, detail.toString());
  }

  private static Call requireCall(Map<String, Call> calls, String id) {
    Call call = calls.get(id);
    if (call == null) {
      throw new IllegalStateException("no call has the id " + id);
    }
    return call;
  }

  /** How often each operation's line stands in a worker's file. */
  private static Map<String, Integer> executions(Path folder) {
    Map<String, Integer> executions = new HashMap<>();
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return executions;
    }
    try {
      for (String line : Files.readAllLines(file)) {
        executions.merge(line, 1, Integer::sum);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the effects in " + file + " cannot be read", e);
    }
    return executions;
  }
}
