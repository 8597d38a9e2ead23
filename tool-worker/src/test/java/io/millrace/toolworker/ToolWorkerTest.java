package io.millrace.toolworker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.HttpTool;
import io.millrace.events.Outcome;
import io.millrace.events.ProcessTool;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.worker.fixture.WorkerBench;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls of each sort of tool, from the log and back to it. */
@NullUnmarked
class ToolWorkerTest {

  @TempDir static Path directory;
  static WorkerBench bench;
  static ToolWorker worker;
  static HttpServer server;

  @BeforeAll
  static void start() throws Exception {
    bench = new WorkerBench(directory.resolve("broker"), List.of("default"));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    server.start();
    bench.declare(target("sleep").setBuiltin("sleep").setCostMicros(5).build());
    bench.declare(target("none").setBuiltin("no-such").build());
    bench.declare(target("empty").build());
    bench.declare(
        target("program")
            .setProcess(ProcessTool.newBuilder().setArgv(List.of("cat")).build())
            .build());
    bench.declare(
        target("slow")
            .setProcess(ProcessTool.newBuilder().setArgv(List.of("sleep", "600")).build())
            .build());
    bench.declare(
        target("http")
            .setHttp(
                HttpTool.newBuilder()
                    .setUrl("http://127.0.0.1:" + server.getAddress().getPort() + "/{a}")
                    .build())
            .build());
    Map<String, String> settings = bench.workerSettings();
    worker = new ToolWorker(new ToolWorkerConfig(settings), new SimpleMeterRegistry());
    worker.start();
    worker.ready().join();
  }

  @AfterAll
  static void stop() {
    worker.drain(Duration.ofSeconds(5));
    server.stop(0);
    bench.close();
  }

  private static TargetSpec.Builder target(String name) {
    return TargetSpec.newBuilder().setTarget("tool:" + name).setName(name);
  }

  private static Attempt run(String tool, String arguments) {
    return run(WorkerBench.task("tool:" + tool, arguments).build());
  }

  private static Attempt run(Task task) {
    bench.send("default", task);
    await()
        .pollInterval(Duration.ofMillis(10))
        .until(() -> !bench.attempts(task.getId(), AttemptPhase.DONE).isEmpty());
    return bench.attempts(task.getId(), AttemptPhase.DONE).get(0);
  }

  @Test
  void aBuiltInToolRunsAsLongAsItSaysAndCostsWhatIsDeclared() {
    Attempt done = run("sleep", "{\"ms\":30}");
    assertThat(done.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(done.getOutput()).isEqualTo("{\"ms\":30}");
    assertThat(done.getRunMs()).isBetween(30.0, 1_000.0);
    assertThat(done.getCostMicros()).isEqualTo(5);
  }

  @Test
  void aProgramRuns() {
    assertThat(run("program", "{\"a\":[1,\"é\"]}").getOutput()).isEqualTo("{\"a\":[1,\"é\"]}");
  }

  @Test
  void aProgramThatTakesTooLongIsATimeout() {
    Attempt done = run(WorkerBench.task("tool:slow", "{}").setTimeoutMs(200).build());
    assertThat(done.getOutcome()).isEqualTo(Outcome.TIMEOUT);
  }

  @Test
  void anHttpFailureKeepsItsName() {
    Attempt done = run("http", "{\"a\":\"b\"}");
    assertThat(done.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(done.getFailure().getCode()).isEqualTo("HTTP_503");
    assertThat(done.getRetryable()).isTrue();
  }

  @Test
  void whatCannotBeRunSaysWhy() {
    assertThat(run("none", "{}").getFailure().getCode()).isEqualTo("BUILTIN_UNKNOWN");
    assertThat(run("empty", "{}").getFailure().getCode()).isEqualTo("TARGET_INVALID");
    assertThat(run("sleep", "[1]").getFailure().getCode()).isEqualTo("ARGUMENTS_INVALID");
    assertThat(run("sleep", "not json").getFailure().getCode()).isEqualTo("ARGUMENTS_INVALID");
    assertThat(run("http", "{}").getFailure().getCode()).isEqualTo("ARGUMENTS_INVALID");
  }
}
