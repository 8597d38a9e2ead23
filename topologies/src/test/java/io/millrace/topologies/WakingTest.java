package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.CircuitState;
import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.ModelSpec;
import io.millrace.events.Outcome;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.events.ToolCall;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.ensemble.Parts;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
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
    driver.worker(
        List.of(PoolLoad.newBuilder().setPool("gpu").setSlots(4).build()), List.of(models));
  }

  private int decided() {
    List<ScalingDecision> decisions = driver.drain(Topics.SCALING_DECISIONS);
    assertThat(decisions).isNotEmpty();
    return decisions.get(decisions.size() - 1).getReplicas();
  }

  private void model() {
    driver.register(spec());
  }

  private static TargetSpec spec() {
    TensorSignature x = new TensorSignature("x", TensorDatatype.UINT8, List.of(-1L));
    return TargetSpec.newBuilder()
        .setTarget("model:sum@1")
        .setKind(TargetKind.MODEL)
        .setName("sum")
        .setVersion("1")
        .setPool("gpu")
        .setIdempotent(true)
        .setModel(ModelSpec.newBuilder().setInputs(List.of(x)).setOutputs(List.of(x)).build())
        .build();
  }

  private void ask(long timeoutMs) {
    driver.send(request(null, timeoutMs));
  }

  /** A request of the model and a call of the tool, both for the pool. */
  private void askBoth(int number, long timeoutMs) {
    ask(timeoutMs);
    ToolCall call = driver.call("render", "{\"n\":" + number + "}");
    call.setDeadlineAt(driver.now().plusMillis(timeoutMs));
    driver.send(call);
  }

  private InferenceRequest request(@Nullable String version, long timeoutMs) {
    return InferenceRequest.newBuilder()
        .setId(driver.id())
        .setModel("sum")
        .setModelVersion(version)
        .setDeadlineAt(driver.now().plusMillis(timeoutMs))
        .setInputs(
            List.of(new Tensor("x", TensorDatatype.UINT8, List.of(8L), ByteBuffer.allocate(8))))
        .build();
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
  void aRequestOfAModelWaitsInItsPoolsTasksAndWakesIt() {
    model();
    sleep();
    ask(60_000);
    driver.advance(Duration.ofSeconds(5));

    assertThat(decided()).isEqualTo(1);
    assertThat(driver.drain(InferenceTopics.RESULTS)).isEmpty();
    assertThat(driver.drain(Topics.inferenceTasks("gpu"))).hasSize(1);
  }

  @Test
  void aRequestOfASequenceWaitsInItsPoolsSequencesAndWakesIt() {
    TargetSpec sequenced = spec();
    sequenced.getModel().setSequenced(true);
    driver.register(sequenced);
    sleep();
    InferenceRequest request = request(null, 60_000);
    request.setSequenceId("s");
    request.setSequenceStart(true);
    driver.send(request);
    driver.advance(Duration.ofSeconds(5));
    assertThat(decided()).isEqualTo(1);
    assertThat(driver.drain(Topics.inferenceSequences("gpu"))).hasSize(1);

    worker();
    load(4 * COOL_DOWN.toSeconds());
    assertThat(driver.drain(Topics.SCALING_DECISIONS))
        .isNotEmpty()
        .allSatisfy(decision -> assertThat(decision.getReplicas()).isEqualTo(1));
  }

  @Test
  void aPoolIsNotPutToSleepWhileAWorkerLoadsTheModelThatIsWaitedFor() {
    model();
    sleep();
    ask(200_000);
    driver.advance(Duration.ofSeconds(5));
    assertThat(decided()).isEqualTo(1);
    load(5 * COOL_DOWN.toSeconds());
    assertThat(driver.drain(Topics.SCALING_DECISIONS))
        .isNotEmpty()
        .allSatisfy(decision -> assertThat(decision.getReplicas()).isEqualTo(1));
  }

  /** A worker is there and has nothing ready. */
  private void load(long seconds) {
    for (int second = 0; second < seconds; second++) {
      worker();
      driver.advance(Duration.ofSeconds(1));
    }
  }

  @Test
  void aRequestThatCameBeforeItsModelWasDeclaredWakesThePoolAsWell() {
    sleep();
    driver.send(request("1", 60_000));
    driver.advance(Duration.ofMillis(300));
    model();
    driver.advance(Duration.ofSeconds(5));

    assertThat(decided()).isEqualTo(1);
    assertThat(driver.drain(Topics.inferenceTasks("gpu"))).hasSize(1);
  }

  @Test
  void whoWaitsInVainForTheFirstWorkerDoesNotOpenTheCircuit() {
    driver.register(OperationsDriver.tool("render").setPool("gpu").setIdempotent(true).build());
    model();
    sleep();
    for (int i = 0; i < 40; i++) {
      askBoth(i, 2_000);
      driver.advance(Duration.ofMillis(100));
    }
    driver.advance(Duration.ofSeconds(3));

    assertThat(driver.drain(InferenceTopics.RESULTS))
        .hasSize(40)
        .allSatisfy(r -> assertThat(r.getOutcome()).isEqualTo(Outcome.DEADLINE_EXCEEDED))
        .allSatisfy(r -> assertThat(r.getFailure().getCode()).isEqualTo("NO_WORKER"));
    assertThat(driver.drain(Topics.TOOL_RESULTS))
        .hasSize(40)
        .allSatisfy(r -> assertThat(r.getFailure().getCode()).isEqualTo("NO_WORKER"));
    assertThat(circuits()).containsOnly(CircuitState.CLOSED);
  }

  private List<CircuitState> circuits() {
    return Stream.of("tool:render", "model:sum@1")
        .map(target -> driver.operations().targets().health(target).getCircuit())
        .toList();
  }

  @Test
  void norDoesWhatWasStillWaitingWhenTheFirstWorkerCame() {
    driver.register(OperationsDriver.tool("render").setPool("gpu").setIdempotent(true).build());
    model();
    sleep();
    for (int i = 0; i < 40; i++) {
      askBoth(i, 6_000);
    }
    driver.advance(Duration.ofSeconds(5));
    worker("model:sum@1");
    driver.advance(Duration.ofSeconds(2));

    assertThat(driver.drain(InferenceTopics.RESULTS))
        .hasSize(40)
        .allSatisfy(r -> assertThat(r.getFailure().getCode()).isEqualTo("DEADLINE_EXCEEDED"));
    assertThat(driver.drain(Topics.TOOL_RESULTS)).hasSize(40);
    assertThat(circuits()).containsOnly(CircuitState.CLOSED);
  }

  @Test
  void anEnsembleInPartsWaitsForThoseThatItWakes() {
    model();
    driver.register(
        TargetSpec.newBuilder()
            .setTarget("model:both@1")
            .setKind(TargetKind.MODEL)
            .setName("both")
            .setVersion("1")
            .setPool(Parts.POOL)
            .setIdempotent(true)
            .setModel(
                ModelSpec.newBuilder()
                    .setInputs(spec().getModel().getInputs())
                    .setOutputs(spec().getModel().getOutputs())
                    .setSteps(
                        List.of(
                            EnsembleStep.newBuilder()
                                .setName("only")
                                .setCandidates(
                                    List.of(
                                        EnsembleCandidate.newBuilder()
                                            .setTarget("model:sum@1")
                                            .build()))
                                .build()))
                    .build())
            .build());
    sleep();
    InferenceRequest request = request(null, 60_000);
    request.setModel("both");
    driver.send(request);
    driver.advance(Duration.ofSeconds(40));
    assertThat(decided()).isEqualTo(1);
    assertThat(driver.drain(InferenceTopics.RESULTS)).isEmpty();
    assertThat(driver.drain(InferenceTopics.ENSEMBLES)).isEmpty();

    worker("model:sum@1");
    driver.advance(Duration.ofSeconds(1));
    assertThat(driver.drain(InferenceTopics.ENSEMBLES)).hasSize(1);
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
