package io.millrace.toolworker;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.ControlType;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.worker.fixture.WorkerBench;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures what a task costs a worker that runs as its own process; not a test. Options: MILLIS of
 * sleep, IN_FLIGHT, SECONDS, claimed or free.
 */
final class WorkerCostMain {

  private WorkerCostMain() {}

  public static void main(String[] args) throws Exception {
    int millis = Integer.parseInt(args[0]);
    int seconds = Integer.parseInt(args[2]);
    boolean claimed = args[3].equals("claimed");
    try (WorkerBench bench =
        new WorkerBench(Files.createTempDirectory("worker-cost"), List.of("default"))) {
      bench.forget();
      bench.declare(
          TargetSpec.newBuilder().setTarget("tool:s").setName("s").setBuiltin("sleep").build());
      for (String flight : args[1].split(",")) {
        measure(bench, millis, Integer.parseInt(flight), seconds, claimed);
      }
    }
  }

  private static void measure(
      WorkerBench bench, int millis, int inFlight, int seconds, boolean claimed) throws Exception {
    Process worker = start(bench, inFlight);
    AtomicLong done = new AtomicLong();
    AtomicInteger partition = new AtomicInteger();
    AtomicLong queueMicros = new AtomicLong();
    AtomicLong runMicros = new AtomicLong();
    Runnable send =
        () -> {
          Task task =
              WorkerBench.task("tool:s", "{\"ms\":" + millis + "}")
                  .setHomePartition(partition.getAndIncrement() & 3)
                  .setClaimRequired(claimed)
                  .build();
          bench.send("default", task);
        };
    bench.onAttempt(
        (Attempt attempt) -> {
          if (attempt.getPhase() == AttemptPhase.DONE) {
            done.incrementAndGet();
            queueMicros.addAndGet((long) (attempt.getQueueMs() * 1000));
            runMicros.addAndGet((long) (attempt.getRunMs() * 1000));
            send.run();
          } else if (attempt.getPhase() == AttemptPhase.CLAIM) {
            bench.control(
                ControlType.GRANT,
                attempt.getOperationId(),
                attempt.getTaskId(),
                attempt.getClaimId());
          }
        });
    for (int i = 0; i < inFlight; i++) {
      send.run();
    }
    Thread.sleep(12_000);
    long done0 = done.get();
    long queue0 = queueMicros.get();
    long run0 = runMicros.get();
    Duration cpu0 = worker.info().totalCpuDuration().orElseThrow();
    long t0 = System.nanoTime();
    Thread.sleep(seconds * 1000L);
    double n = done.get() - done0;
    double s = (System.nanoTime() - t0) / 1e9;
    Duration cpu = worker.info().totalCpuDuration().orElseThrow().minus(cpu0);
    System.out.printf(
        "in flight %d, sleep %d ms%s: %.0f tasks/s, worker CPU %.1f us/task (%.2f cores),"
            + " queue %.2f ms, run %.2f ms%n",
        inFlight,
        millis,
        claimed ? ", claimed" : "",
        n / s,
        cpu.toNanos() / 1e3 / n,
        cpu.toNanos() / 1e9 / s,
        (queueMicros.get() - queue0) / n / 1000,
        (runMicros.get() - run0) / n / 1000);
    bench.onAttempt(attempt -> {});
    worker.destroy();
    if (!worker.waitFor(40, TimeUnit.SECONDS)) {
      worker.destroyForcibly();
    }
  }

  private static Process start(WorkerBench bench, int slots) throws Exception {
    Map<String, String> settings = bench.workerSettings();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC"));
    String extra = System.getProperty("worker.options", "");
    if (!extra.isEmpty()) {
      command.addAll(List.of(extra.split(" ")));
    }
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), ToolWorkerMain.class.getName()));
    command.addAll(
        List.of(
            "--bootstrap", settings.get("bootstrap.servers"),
            "--registry", settings.get("schema.registry.url"),
            "--slots", String.valueOf(slots)));
    String file = System.getProperty("worker.config", "");
    if (!file.isEmpty()) {
      command.addAll(List.of("--config", file));
    }
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
