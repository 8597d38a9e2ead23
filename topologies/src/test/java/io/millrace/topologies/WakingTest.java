package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool without workers, from an operation that needs one to the decision that there be one. */
class WakingTest {
  private static final Duration COOL_DOWN = Duration.ofSeconds(20);

  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
    pool(true);
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private void pool(boolean toZero) {
    driver
        .in(Topics.TARGETS)
        .pipeInput(
            "pool:gpu",
            TargetSpec.newBuilder()
                .setTarget("pool:gpu")
                .setName("gpu")
                .setScaling(
                    ScalingPolicy.newBuilder()
                        .setReplicasMin(toZero ? 0 : 2)
                        .setToZero(toZero)
                        .setCoolDownMs(COOL_DOWN.toMillis())
                        .build())
                .build());
  }

  /** A worker of the pool is there until the pool has nothing to do. */
  private void sleep() {
    for (int second = 0; second < COOL_DOWN.toSeconds() + 25; second++) {
      worker();
      driver.advance(Duration.ofSeconds(1));
    }
    driver.in(Topics.WORKERS).pipeInput("w1", (WorkerStatus) null);
    driver.advance(Duration.ofSeconds(15));
    assertThat(decided()).isZero();
  }

  private void worker(String... models) {
    driver
        .in(Topics.WORKERS)
        .pipeInput(
            "w1",
            WorkerStatus.newBuilder()
                .setId(driver.id())
                .setWorkerId("w1")
                .setKind(OperationKind.INFERENCE)
                .setPools(List.of(PoolLoad.newBuilder().setPool("gpu").setSlots(4).build()))
                .setTargets(List.of(models))
                .build());
  }

  private int decided() {
    List<ScalingDecision> decisions = driver.drain(Topics.SCALING_DECISIONS);
    assertThat(decisions).isNotEmpty();
    return decisions.get(decisions.size() - 1).getReplicas();
  }

  private void model() {
    TensorSignature x = new TensorSignature("x", TensorDatatype.UINT8, List.of(-1L));
    driver.register(
        TargetSpec.newBuilder()
            .setTarget("model:sum@1")
            .setKind(TargetKind.MODEL)
            .setName("sum")
            .setVersion("1")
            .setPool("gpu")
            .setIdempotent(true)
            .setInFlightMax(3)
            .setModel(ModelSpec.newBuilder().setInputs(List.of(x)).setOutputs(List.of(x)).build())
            .build());
  }

  private void ask(long timeoutMs) {
    ask(null, timeoutMs);
  }

  private void ask(@Nullable String version, long timeoutMs) {
    InferenceRequest request =
        InferenceRequest.newBuilder()
            .setId(driver.id())
            .setModel("sum")
            .setModelVersion(version)
            .setDeadlineAt(driver.now().plusMillis(timeoutMs))
            .setInputs(
                List.of(new Tensor("x", TensorDatatype.UINT8, List.of(8L), ByteBuffer.allocate(8))))
            .build();
    driver
        .in(InferenceTopics.REQUESTS)
        .pipeInput(Fingerprint.ofOperation(request.getId()), request);
  }

  @Test
  void aToolCallWakesThePoolItWaitsFor() {
    driver.register(OperationsDriver.tool("render").setPool("gpu").build());
    sleep();
    driver.send(driver.call("render", "{}"));
    driver.advance(Duration.ofSeconds(2));

    assertThat(decided()).isEqualTo(1);
    assertThat(driver.drain(Topics.toolTasks("gpu"))).hasSize(1);
  }

  @Test
  void aRequestOfAModelIsHeldUntilThePoolIsAwake() {
    model();
    sleep();
    ask(60_000);
    driver.advance(Duration.ofSeconds(30));

    assertThat(decided()).isEqualTo(1);
    assertThat(driver.drain(InferenceTopics.RESULTS)).isEmpty();
    assertThat(driver.drain(Topics.inferenceTasks("gpu"))).isEmpty();
    worker("model:sum@1");
    driver.advance(Duration.ofSeconds(1));
    assertThat(driver.drain(Topics.inferenceTasks("gpu"))).hasSize(1);
  }

  @Test
  void aPoolIsNotPutToSleepWhileAWorkerLoadsTheModelThatIsWaitedFor() {
    model();
    sleep();
    ask(200_000);
    driver.advance(Duration.ofSeconds(5));
    assertThat(decided()).isEqualTo(1);
    for (int second = 0; second < 4 * COOL_DOWN.toSeconds(); second++) {
      worker();
      driver.advance(Duration.ofSeconds(1));
    }
    assertThat(decided()).isEqualTo(1);
    worker("model:sum@1");
    driver.advance(Duration.ofSeconds(1));
    assertThat(driver.drain(Topics.inferenceTasks("gpu"))).hasSize(1);
  }

  @Test
  void aRequestThatCameBeforeItsModelWasDeclaredWakesThePoolAsWell() {
    sleep();
    ask("1", 60_000);
    driver.advance(Duration.ofMillis(300));
    model();
    driver.advance(Duration.ofSeconds(5));

    assertThat(decided()).isEqualTo(1);
    assertThat(driver.drain(InferenceTopics.RESULTS)).isEmpty();
  }

  @Test
  void whatWaitsIsToldAgainAfterARestart() {
    driver.register(OperationsDriver.tool("render").setPool("gpu").build());
    model();
    sleep();
    ask(300_000);
    driver.send(driver.call("render", "{}"));
    driver.drain(Topics.SCALING_DECISIONS);
    driver.drain(Topics.toolTasks("gpu"));
    driver.restart();
    pool(true);
    model();
    driver.advance(Duration.ofSeconds(12));

    assertThat(decided()).isEqualTo(1);
  }

  @Test
  void aModelThatAWorkerCannotHaveIsRefusedSoon() {
    model();
    sleep();
    ask(60_000);
    driver.advance(Duration.ofSeconds(5));
    driver
        .in(Topics.WORKERS)
        .pipeInput(
            "w1",
            WorkerStatus.newBuilder()
                .setId(driver.id())
                .setWorkerId("w1")
                .setKind(OperationKind.INFERENCE)
                .setProblems(Map.of("model:sum@1", "MODEL_INVALID: is no ONNX model"))
                .build());
    driver.advance(Duration.ofSeconds(1));

    List<InferenceResult> results = driver.drain(InferenceTopics.RESULTS);
    assertThat(results).hasSize(1);
    assertThat(results.get(0).getFailure().getCode()).isEqualTo("MODEL_NOT_READY");
  }

  @Test
  void noMoreIsHeldThanTheModelMayHaveInFlight() {
    model();
    sleep();
    for (int i = 0; i < 4; i++) {
      ask(60_000);
    }
    driver.advance(Duration.ofSeconds(1));

    assertThat(driver.drain(InferenceTopics.RESULTS))
        .singleElement()
        .satisfies(r -> assertThat(r.getFailure().getCode()).isEqualTo("OVERLOADED"));
  }

  @Test
  void aRequestThatNoWorkerCameForInTimeSaysSo() {
    model();
    sleep();
    ask(20_000);
    driver.advance(Duration.ofSeconds(21));

    List<InferenceResult> results = driver.drain(InferenceTopics.RESULTS);
    assertThat(results).hasSize(1);
    assertThat(results.get(0).getFailure().getCode()).isEqualTo("DEADLINE_EXCEEDED");
    assertThat(results.get(0).getFailure().getMessage())
        .isEqualTo("no answer within 20000 ms; no worker had model:sum@1 ready");
  }

  @Test
  void aPoolThatMayNotSleepRefusesAsBefore() {
    pool(false);
    model();
    ask(60_000);
    driver.advance(Duration.ofSeconds(2));

    List<InferenceResult> results = driver.drain(InferenceTopics.RESULTS);
    assertThat(results).hasSize(1);
    assertThat(results.get(0).getFailure().getCode()).isEqualTo("MODEL_NOT_READY");
  }
}
