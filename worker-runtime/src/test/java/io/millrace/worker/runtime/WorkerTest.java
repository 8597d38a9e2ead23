package io.millrace.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.ConcurrencyLimit;
import io.millrace.events.ControlType;
import io.millrace.events.Failure;
import io.millrace.events.Hedge;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Throttle;
import io.millrace.worker.fixture.WorkerBench;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.TaskContext;
import io.millrace.worker.task.TaskRunner;
import io.millrace.worker.task.Together;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker against a real broker. */
@NullUnmarked
class WorkerTest {

  @TempDir static Path directory;
  static WorkerBench bench;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Map<String, CompletableFuture<RunResult>> open = new ConcurrentHashMap<>();
  private final Map<String, TaskContext> begun = new ConcurrentHashMap<>();
  private final AtomicInteger runs = new AtomicInteger();
  private Worker worker;

  @BeforeAll
  static void startBroker() {
    bench = new WorkerBench(directory, List.of("default"));
    for (String name : List.of("ok", "open", "throws")) {
      bench.declare(target(name));
    }
  }

  @AfterAll
  static void stopBroker() {
    bench.close();
  }

  @BeforeEach
  void startWorker() {
    worker =
        new Worker(
            new WorkerConfig(WorkerConfig.definition(), bench.workerSettings()),
            WorkerTopics.tools(),
            this::run,
            meters);
    worker.start();
    worker.ready().join();
  }

  @AfterEach
  void stopWorker() {
    worker.drain(Duration.ofMillis(200));
  }

  private CompletionStage<RunResult> run(TaskContext context) {
    runs.incrementAndGet();
    begun.put(context.task().getId(), context);
    return switch (context.target().getName()) {
      case "wild" -> wild(context.task().getArguments());
      case "throws" -> throw new IllegalStateException("out of order");
      case "open" -> open.computeIfAbsent(context.task().getId(), id -> new CompletableFuture<>());
      default -> CompletableFuture.completedFuture(RunResult.ok(context.task().getArguments(), 7));
    };
  }

  @Test
  void aTaskIsRunAndReportedOnItsHomePartition() {
    Task task =
        WorkerBench.task("tool:ok", "{\"a\":1}").setSequence(42).setHomePartition(3).build();
    bench.send("default", task);
    Attempt done = done(task);
    assertThat(done.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(done.getOutput()).isEqualTo("{\"a\":1}");
    assertThat(done.getFailure()).isNull();
    assertThat(done.getPool()).isEqualTo("default");
    assertThat(done.getSequence()).isEqualTo(42);
    assertThat(done.getOperationId()).isEqualTo(task.getOperationId());
    assertThat(done.getFingerprint()).isEqualTo(task.getFingerprint());
    assertThat(done.getWorkerId()).isEqualTo(worker.id());
    assertThat(done.getTarget()).isEqualTo("tool:ok");
    assertThat(done.getTargetVersion()).isEqualTo("1");
    assertThat(done.getCostMicros()).isEqualTo(7);
    assertThat(done.getQueueMs()).isBetween(0.0, 30_000.0);
    assertThat(done.getClaimId()).isEmpty();
    assertThat(bench.attempts(task.getId(), AttemptPhase.CLAIM)).isEmpty();
  }

  @Test
  void aRunnerThatThrowsIsAToolErrorAndTheNextTaskRuns() {
    Task bad = WorkerBench.task("tool:throws", "{}").build();
    Task good = WorkerBench.task("tool:ok", "{}").build();
    bench.send("default", bad);
    bench.send("default", good);
    Attempt done = done(bad);
    assertThat(done.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(done.getFailure().getMessage()).contains("out of order");
    assertThat(done(good).getOutcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void aClaimedTaskRunsOnlyOnItsOwnGrant() {
    Task task = WorkerBench.task("tool:ok", "{}").setClaimRequired(true).build();
    bench.send("default", task);
    Attempt claim = first(task, AttemptPhase.CLAIM);
    assertThat(claim.getClaimId()).isNotEmpty();
    bench.control(ControlType.GRANT, task.getOperationId(), task.getId(), "another");
    bench.control(ControlType.GRANT, task.getOperationId(), "", "a third");
    Task later = WorkerBench.task("tool:ok", "{}").build();
    bench.send("default", later);
    done(later);
    assertThat(begun).doesNotContainKey(task.getId());
    bench.control(ControlType.GRANT, task.getOperationId(), task.getId(), claim.getClaimId());
    Attempt done = done(task);
    assertThat(done.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(done.getClaimId()).isEqualTo(claim.getClaimId());
    assertThat(bench.attempts(task.getId(), AttemptPhase.RUNNING))
        .as("that it begins stands in the log before it runs")
        .singleElement()
        .returns(claim.getClaimId(), Attempt::getClaimId);
  }

  @Test
  void aWorkerThatMayNotWaitSaysThatItCannotKnowWhatAClaimedTaskDid() {
    Task running = WorkerBench.task("tool:open", "{}").setClaimRequired(true).build();
    bench.send("default", running);
    Attempt claim = first(running, AttemptPhase.CLAIM);
    bench.control(ControlType.GRANT, running.getOperationId(), running.getId(), claim.getClaimId());
    await().until(() -> open.containsKey(running.getId()));
    Task claimed = WorkerBench.task("tool:open", "{}").setClaimRequired(true).build();
    bench.send("default", claimed);
    Attempt waiting = first(claimed, AttemptPhase.CLAIM);
    assertThat(worker.drain(Duration.ZERO)).isFalse();
    assertThat(done(running).getOutcome()).isEqualTo(Outcome.OUTCOME_UNKNOWN);
    assertThat(first(claimed, AttemptPhase.RELEASE).getClaimId()).isEqualTo(waiting.getClaimId());
  }

  @Test
  void aTargetWhoseRunsTakeTooLongHasFewerAtOnce() {
    bench.declare(
        TargetSpec.newBuilder(target("open"))
            .setTarget("tool:limited")
            .setTimeoutMs(120)
            .setConcurrencyLimit(ConcurrencyLimit.newBuilder().setMin(2).build())
            .build());
    await().until(() -> slots() > 0);
    int before = slots();
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 5 * before; i++) {
      tasks.add(WorkerBench.task("tool:limited", "{}").build());
      bench.send("default", tasks.get(i));
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> slots() < before);
    tasks.forEach(WorkerTest::done);

    bench.declare(TargetSpec.newBuilder(target("open")).setTarget("tool:limited").build());
    await().until(() -> slots() == before);
  }

  @Test
  void aToolThatHangsFloodsOrAnswersGarbageEndsInItsOwnErrorsAndTheOthersRunOn() {
    bench.declare(
        TargetSpec.newBuilder(target("wild"))
            .setIdempotent(true)
            .setConcurrencyLimit(ConcurrencyLimit.newBuilder().build())
            .setThrottle(Throttle.newBuilder().build())
            .setHedge(Hedge.newBuilder().build())
            .setAdaptiveTimeout(AdaptiveTimeout.newBuilder().build())
            .build());
    Map<String, String> ends = new LinkedHashMap<>();
    ends.put("hang", "TIMEOUT");
    ends.put("flood", "OUTPUT_TOO_LARGE");
    ends.put("no result", "RUNNER_FAILED");
    ends.put("no stage", "RUNNER_FAILED");
    ends.put("error", "RUNNER_FAILED");
    Map<Task, String> wild = new LinkedHashMap<>();
    List<Task> tame = new ArrayList<>();
    for (int round = 0; round < 4; round++) {
      ends.forEach(
          (how, code) -> {
            Task bad = WorkerBench.task("tool:wild", how).setTimeoutMs(300).build();
            wild.put(bad, code);
            bench.send("default", bad);
            Task good = WorkerBench.task("tool:ok", "{}").build();
            tame.add(good);
            bench.send("default", good);
          });
    }
    wild.forEach(
        (task, code) -> {
          Failure failure = done(task).getFailure();
          assertThat(failure.getCode()).as(task.getArguments()).isEqualTo(code);
          assertThat(failure.getMessage()).isNotBlank();
        });
    for (Task task : tame) {
      assertThat(done(task).getOutcome()).isEqualTo(Outcome.OK);
      assertThat(done(task).getQueueMs() + done(task).getRunMs()).isLessThan(5_000);
    }
    await().until(() -> running() == 0);
  }

  @SuppressWarnings("NullAway") // the worst that a runner may do
  private static CompletionStage<RunResult> wild(String how) {
    return switch (how) {
      case "hang" -> new CompletableFuture<>();
      case "flood" -> CompletableFuture.completedFuture(RunResult.ok("x".repeat(5 << 20), 0));
      case "no result" -> CompletableFuture.completedFuture(null);
      case "no stage" -> null;
      default -> throw new StackOverflowError("garbage");
    };
  }

  @Test
  void aRefusedClaimNeverRunsAndFreesItsSlot() {
    Task task = WorkerBench.task("tool:ok", "{}").setClaimRequired(true).build();
    bench.send("default", task);
    Attempt claim = first(task, AttemptPhase.CLAIM);
    assertThat(running()).isEqualTo(1);
    bench.control(ControlType.CANCEL, task.getOperationId(), task.getId(), claim.getClaimId());
    await().until(() -> running() == 0);
    assertThat(begun).doesNotContainKey(task.getId());
    assertThat(bench.attempts(task.getId(), AttemptPhase.DONE)).isEmpty();
  }

  @Test
  void aRunningTaskBeatsEverySecondAndIsCancelled() {
    Task task = WorkerBench.task("tool:open", "{}").build();
    bench.send("default", task);
    await().until(() -> bench.attempts(task.getId(), AttemptPhase.RUNNING).size() >= 2);
    List<Attempt> beats = bench.attempts(task.getId(), AttemptPhase.RUNNING);
    assertThat(
            Duration.between(beats.get(0).getOccurredAt(), beats.get(1).getOccurredAt()).toMillis())
        .isBetween(950L, 1500L);
    bench.control(ControlType.CANCEL, task.getOperationId(), "", "");
    assertThat(done(task).getOutcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(begun.get(task.getId()).cancellation().requested()).isTrue();
  }

  @Test
  void aTaskThatTakesTooLongIsCalledOff() {
    Task task = WorkerBench.task("tool:open", "{}").setTimeoutMs(150).build();
    bench.send("default", task);
    Attempt done = done(task);
    assertThat(done.getOutcome()).isEqualTo(Outcome.TIMEOUT);
    assertThat(done.getRunMs()).isBetween(150.0, 1_000.0);
    assertThat(begun.get(task.getId()).cancellation().requested()).isTrue();
  }

  @Test
  void aTaskWhoseDeadlineHasPassedDoesNotRun() {
    Task task =
        WorkerBench.task("tool:ok", "{}").setDeadlineAt(Instant.now().minusSeconds(1)).build();
    bench.send("default", task);
    assertThat(done(task).getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED);
    assertThat(begun).doesNotContainKey(task.getId());
  }

  @Test
  void aTaskHandedOverTwiceWhileItRunsRunsOnce() {
    Task task = WorkerBench.task("tool:open", "{}").build();
    bench.send("default", task);
    bench.send("default", task);
    await().until(() -> meters.get("millrace.worker.tasks.repeated").counter().count() == 1);
    open.computeIfAbsent(task.getId(), id -> new CompletableFuture<>())
        .complete(RunResult.ok("1", 0));
    done(task);
    assertThat(runs).hasValue(1);
  }

  @Test
  void aTargetThatIsNotKnownYetIsWaitedForAndOthersGoOn() {
    Task early = WorkerBench.task("tool:late-" + System.nanoTime(), "{}").build();
    Task unknown = WorkerBench.task("tool:never", "{}").build();
    Task other = WorkerBench.task("tool:ok", "{}").build();
    bench.send("default", early);
    bench.send("default", unknown);
    bench.send("default", other);
    done(other);
    bench.declare(target(early.getTarget().substring("tool:".length())));
    assertThat(done(early).getOutcome()).isEqualTo(Outcome.OK);
    Attempt done = done(unknown);
    assertThat(done.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(done.getFailure().getCode()).isEqualTo("TARGET_UNKNOWN");
    assertThat(done.getRetryable()).isTrue();
  }

  @Test
  void whatIsNoTaskIsRejectedWithItsBytesAndTheNextTaskRuns() {
    byte[] bytes = {9, 9, 9, (byte) System.nanoTime()};
    bench.raw("tool.tasks.default", "k", bytes);
    Task away = WorkerBench.task("tool:ok", "{}").setHomePartition(99).build();
    bench.send("default", away);
    Task next = WorkerBench.task("tool:ok", "{}").build();
    bench.send("default", next);
    done(next);
    await()
        .untilAsserted(
            () ->
                assertThat(bench.rejections())
                    .anySatisfy(
                        rejection -> {
                          assertThat(rejection.getReason()).isEqualTo("UNDECODABLE");
                          assertThat(rejection.getSourceTopic()).isEqualTo("tool.tasks.default");
                          assertThat(rejection.getSourceOffset()).isNotNegative();
                          assertThat(rejection.getValueBytes().array()).isEqualTo(bytes);
                        })
                    .anySatisfy(
                        rejection -> {
                          assertThat(rejection.getReason()).isEqualTo("HOME_PARTITION_INVALID");
                          assertThat(rejection.getOperationId()).isEqualTo(away.getOperationId());
                        }));
  }

  @Test
  void aWorkerThatDrainsEndsWhatRunsAndSaysThatItLeft() {
    Task task = WorkerBench.task("tool:open", "{}").build();
    bench.send("default", task);
    await().until(() -> open.containsKey(task.getId()));
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> worker.drain(Duration.ofSeconds(20)));
    await()
        .until(
            () -> bench.statuses(worker.id()).stream().anyMatch(s -> s != null && s.getDraining()));
    open.get(task.getId()).complete(RunResult.ok("1", 0));
    assertThat(drained.join()).isTrue();
    assertThat(done(task).getOutcome()).isEqualTo(Outcome.OK);
    await().until(() -> bench.statuses(worker.id()).contains(null));
  }

  @Test
  void whatEndsTogetherIsInHandUntilItIsWritten() {
    List<Task> tasks =
        List.of(
            WorkerBench.task("tool:open", "{}").build(),
            WorkerBench.task("tool:open", "{}").build());
    tasks.forEach(task -> bench.send("default", task));
    await().until(() -> tasks.stream().allMatch(task -> awaited(open.get(task.getId()))));
    Together.run(
        () -> {
          tasks.forEach(task -> open.get(task.getId()).complete(RunResult.ok("1", 0)));
          assertThat(running()).isEqualTo(2);
        });
    assertThat(running()).isZero();
    tasks.forEach(task -> assertThat(done(task).getOutcome()).isEqualTo(Outcome.OK));
  }

  @Test
  void aWorkerThatMayNotWaitReportsWhatItCallsOff() {
    Task task = WorkerBench.task("tool:open", "{}").build();
    bench.send("default", task);
    await().until(() -> open.containsKey(task.getId()));
    assertThat(worker.drain(Duration.ZERO)).isFalse();
    Attempt done = done(task);
    assertThat(done.getFailure().getCode()).isEqualTo("WORKER_STOPPED");
    assertThat(done.getRetryable()).isTrue();
  }

  @Test
  void noTaskIsTakenBeforeTheRunnerIsPrepared() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<Void> prepared = new CompletableFuture<>();
    TaskRunner slow =
        new TaskRunner() {
          @Override
          public CompletionStage<RunResult> run(TaskContext context) {
            return CompletableFuture.completedFuture(
                RunResult.ok("\"" + prepared.isDone() + "\"", 1));
          }

          @Override
          public CompletionStage<Void> prepared() {
            asked.countDown();
            return prepared;
          }
        };
    Map<String, String> settings = bench.workerSettings();
    settings.put("pools", "slow-start");
    bench.pool("slow-start");
    Task task = WorkerBench.task("tool:ok", "{}").build();
    bench.send("slow-start", task);
    try (Worker starting =
        new Worker(
            new WorkerConfig(WorkerConfig.definition(), settings),
            WorkerTopics.tools(),
            slow,
            new SimpleMeterRegistry())) {
      starting.start();
      assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(starting.ready()).isNotDone();
      prepared.complete(null);
      assertThat(done(task).getOutput()).isEqualTo("\"true\"");
    }
  }

  @Test
  void aPoolWhoseTopicIsMadeAfterTheStartIsServed() {
    Map<String, String> settings = bench.workerSettings();
    settings.put("pools", "made-later");
    SimpleMeterRegistry own = new SimpleMeterRegistry();
    try (Worker early =
        new Worker(
            new WorkerConfig(WorkerConfig.definition(), settings),
            WorkerTopics.tools(),
            this::run,
            own)) {
      early.start();
      early.ready().join();
      bench.pool("made-later");
      Task task = WorkerBench.task("tool:ok", "{}").build();
      bench.send("made-later", task);
      Attempt done = done(task);
      assertThat(done.getPool()).isEqualTo("made-later");
      assertThat(done.getWorkerId()).isEqualTo(early.id());
    }
  }

  @Test
  void aCancelThatOvertakesItsTaskIsObeyed() {
    Task first = WorkerBench.task("tool:open", "{}").build();
    bench.send("default", first);
    await().until(() -> open.containsKey(first.getId()));
    bench.control(ControlType.CANCEL, first.getOperationId(), "", "");
    assertThat(done(first).getOutcome()).isEqualTo(Outcome.CANCELLED);
    Task second =
        WorkerBench.task("tool:ok", "{}")
            .setOperationId(first.getOperationId())
            .setId(first.getId() + "-2")
            .build();
    bench.send("default", second);
    assertThat(done(second).getOutcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(begun).doesNotContainKey(second.getId());
  }

  @Test
  @Timeout(60)
  void aWorkerWhoseBrokersOrRegistryAreAwayWaitsAndCanBeStopped() {
    for (String away : List.of("bootstrap.servers", "schema.registry.url")) {
      Map<String, String> settings = bench.workerSettings();
      settings.put(away, away.startsWith("boot") ? "127.0.0.1:1" : "http://127.0.0.1:1");
      Worker waiting =
          new Worker(
              new WorkerConfig(WorkerConfig.definition(), settings),
              WorkerTopics.tools(),
              this::run,
              new SimpleMeterRegistry());
      waiting.start();
      assertThat(waiting.ready()).isNotDone();
      waiting.close();
      assertThat(waiting.ready()).isCompletedExceptionally();
    }
  }

  private int slots() {
    return bench.statuses(worker.id()).stream()
        .filter(status -> status != null)
        .reduce((earlier, later) -> later)
        .map(status -> status.getPools().get(0).getSlots())
        .orElse(0);
  }

  /** Whether the worker waits for it already. */
  private static boolean awaited(CompletableFuture<RunResult> run) {
    return run != null && run.getNumberOfDependents() > 0;
  }

  private double running() {
    return meters.get("millrace.worker.running").tag("pool", "default").gauge().value();
  }

  private static Attempt done(Task task) {
    return first(task, AttemptPhase.DONE);
  }

  private static Attempt first(Task task, AttemptPhase phase) {
    await()
        .pollInterval(Duration.ofMillis(10))
        .until(() -> !bench.attempts(task.getId(), phase).isEmpty());
    return bench.attempts(task.getId(), phase).get(0);
  }

  private static TargetSpec target(String name) {
    return TargetSpec.newBuilder().setTarget("tool:" + name).setName(name).setBuiltin(name).build();
  }
}
