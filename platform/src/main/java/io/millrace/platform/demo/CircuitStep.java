package io.millrace.platform.demo;

import static io.millrace.platform.demo.Numbers.count;
import static io.millrace.platform.demo.Numbers.time;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.CircuitState;
import io.millrace.events.HealthStatus;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolResult;
import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.demo.sources.SourceServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Lets a source fail until its circuit opens, and recover until it closes. */
final class CircuitStep implements Step {

  private static final String OPENED = "circuit_opened";
  private static final String FAST = "open_circuit_fails_fast";
  private static final String CLOSED = "circuit_closed";

  private static final Duration CALL = Duration.ofSeconds(5);
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final Duration FAIL_FAST_FOR = Duration.ofMillis(400);
  private static final Duration FAST_ENOUGH = Duration.ofMillis(100);
  private static final int FAILURES_MAX = 200;
  private static final int FAST_MIN = 5;
  private static final int FAST_MAX = 40;
  private static final long PAUSE_MILLIS = 20;

  private final DemoClient client;
  private final TargetSpec target;
  private final SourceServer server;
  private final String source;

  /**
   * @param target the tool that asks {@code source}; not cached, not tried again
   */
  CircuitStep(DemoClient client, TargetSpec target, SourceServer server, String source) {
    this.client = client;
    this.target = target;
    this.server = server;
    this.source = source;
  }

  @Override
  public String title() {
    return "a source fails and recovers";
  }

  @Override
  public List<String> checks() {
    return List.of(OPENED, FAST, CLOSED);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    require(Outcome.OK, call());
    progress.advance(0, 0, source + " fails");
    server.fail(source);
    long failing = System.nanoTime();
    int failures = failUntilOpen();
    HealthStatus open = awaitCircuit(CircuitState.OPEN, false);
    Duration opening = since(failing);
    findings.check(
        OPENED, true, "%s after the first failure: %s".formatted(time(opening), open.getReason()));
    findings.timing("circuit opens", opening, "after " + count(failures, "failed call"));

    progress.advance(0, 0, "calls fail fast");
    failFast(findings);

    progress.advance(0, 0, source + " recovers");
    server.recover(source);
    long recovering = System.nanoTime();
    HealthStatus closed = awaitCircuit(CircuitState.CLOSED, true);
    Duration closing = since(recovering);
    ToolResult after = call();
    findings.check(
        CLOSED,
        after.getOutcome() == Outcome.OK,
        "%s after the source recovered: %s; the next call ended %s"
            .formatted(time(closing), closed.getReason(), after.getOutcome()));
    findings.timing(
        "circuit closes", closing, "an open circuit waits %d ms".formatted(target.getOpenMs()));
    return "opened after %s, closed after %s".formatted(time(opening), time(closing));
  }

  private int failUntilOpen() throws InterruptedException {
    for (int failures = 0; failures < FAILURES_MAX; failures++) {
      ToolResult result = call();
      if (result.getOutcome() == Outcome.CIRCUIT_OPEN) {
        return failures;
      }
      require(Outcome.TOOL_ERROR, result);
    }
    throw new DemoException(
        "the circuit of %s did not open after %d failed calls"
            .formatted(target.getTarget(), FAILURES_MAX),
        null);
  }

  private void failFast(Findings findings) throws InterruptedException {
    long requests = server.requests(source);
    long end = System.nanoTime() + FAIL_FAST_FOR.toNanos();
    List<Duration> times = new ArrayList<>();
    int others = 0;
    while (times.size() < FAST_MIN || (times.size() < FAST_MAX && System.nanoTime() - end < 0)) {
      long began = System.nanoTime();
      ToolResult result = call();
      times.add(since(began));
      if (result.getOutcome() != Outcome.CIRCUIT_OPEN) {
        others++;
      }
    }
    Collections.sort(times);
    Duration median = times.get(times.size() / 2);
    long reached = server.requests(source) - requests;
    findings.check(
        FAST,
        others == 0 && reached == 0 && median.compareTo(FAST_ENOUGH) < 0,
        "%d of %d calls refused with CIRCUIT_OPEN, median %s, %s of them reached the source"
            .formatted(
                times.size() - others,
                times.size(),
                time(median),
                reached == 0 ? "none" : Long.toString(reached)));
    findings.timing("refused call", median, "median of %d, circuit open".formatted(times.size()));
  }

  private HealthStatus awaitCircuit(CircuitState state, boolean calling)
      throws InterruptedException {
    long end = System.nanoTime() + WAIT.toNanos();
    while (System.nanoTime() - end < 0) {
      HealthStatus status = client.health(target);
      if (status != null && status.getCircuit() == state) {
        return status;
      }
      if (calling) {
        // A circuit closes by the success of a call that it lets through.
        call();
      }
      Thread.sleep(PAUSE_MILLIS);
    }
    throw new DemoException(
        "the circuit of %s was not %s within %d s"
            .formatted(target.getTarget(), state, WAIT.toSeconds()),
        null);
  }

  private ToolResult call() throws InterruptedException {
    ObjectNode arguments = JsonNodeFactory.instance.objectNode().put("q", "MILL");
    return DemoClient.await(
        client.call(target, arguments, CALL), CALL.plus(CALL), "answer of " + source);
  }

  private static void require(Outcome expected, ToolResult result) {
    if (result.getOutcome() != expected) {
      throw new DemoException(
          "a call of %s ended %s, expected %s: %s"
              .formatted(result.getTarget(), result.getOutcome(), expected, result.getFailure()),
          null);
    }
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
