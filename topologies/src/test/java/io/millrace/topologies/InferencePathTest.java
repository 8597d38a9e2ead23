package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.Rejection;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InferencePathTest {
  private static final int LARGE = 300 << 10;

  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void aRequestBecomesATaskWithItsInputsAndTheRunTheAnswer() {
    register("3", false);
    ready("model:sum@3");
    InferenceRequest request = ask("sum", null, 16);
    driver.send(request);
    Task task = onlyTask();
    assertThat(task.getTarget()).isEqualTo("model:sum@3");
    assertThat(task.getKind()).isEqualTo(OperationKind.INFERENCE);
    assertThat(task.getClaimRequired()).isFalse();
    assertThat(task.getInference().getInputs()).isEqualTo(request.getInputs());
    assertThat(task.getInference().getInputsCoordinates()).isNull();
    done(task, tensor("y", 16));
    InferenceResult result = onlyResult();
    assertThat(result.getOperationId()).isEqualTo(request.getId());
    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getServedBy()).isEqualTo(ServedBy.WORKER);
    assertThat(result.getModelVersion()).isEqualTo("3");
    assertThat(result.getOutputs()).containsExactly(tensor("y", 16));
    assertThat(result.getBatchSize()).isEqualTo(4);
    assertThat(result.getComputeMs()).isEqualTo(1.5);
    assertThat(result.getDevice()).isEqualTo("cpu");
    assertThat(result.getLast()).isTrue();
  }

  @Test
  void largeInputsStayWhereTheyLie() {
    register("3", false);
    ready("model:sum@3");
    driver.send(ask("sum", null, LARGE));
    InferenceWork work = onlyTask().getInference();
    assertThat(work.getInputs()).isEmpty();
    assertThat(work.getInputsCoordinates())
        .isEqualTo(new Coordinates(InferenceTopics.REQUESTS.name(), 0, 0L));
  }

  @Test
  void anotherAttemptReadsTheInputsWhereTheyLie() {
    register("3", false);
    ready("model:sum@3");
    driver.send(ask("sum", null, 16));
    Task first = onlyTask();
    say(
        driver
            .attempt(first, AttemptPhase.DONE)
            .setKind(OperationKind.INFERENCE)
            .setOutcome(Outcome.TOOL_ERROR)
            .setRetryable(true)
            .build());
    driver.advance(Duration.ofSeconds(1));
    Task second = onlyTask();
    assertThat(second.getAttempt()).isEqualTo(2);
    assertThat(second.getInference().getInputs()).isEmpty();
    assertThat(second.getInference().getInputsCoordinates().getTopic())
        .isEqualTo(InferenceTopics.REQUESTS.name());
  }

  @Test
  void aRequestWaitsUntilAWorkerHasTheModelReady() {
    register("3", false);
    InferenceRequest request = ask("sum", null, 16);
    driver.send(request);
    assertThat(driver.drain(Topics.inferenceTasks("default"))).isEmpty();
    ready("model:sum@3");
    driver.advance(Duration.ofMillis(100));
    Task task = onlyTask();
    assertThat(task.getOperationId()).isEqualTo(request.getId());
    assertThat(task.getInference().getInputsCoordinates())
        .isEqualTo(new Coordinates(InferenceTopics.REQUESTS.name(), 0, 0L));
  }

  @Test
  void aRequestThatNamesItsVersionWaitsForThatVersion() {
    register("3", false);
    register("4", false);
    InferenceRequest request = ask("sum", "3", 16);
    driver.send(request);
    ready("model:sum@3", "model:sum@4");
    driver.advance(Duration.ofMillis(100));
    assertThat(onlyTask().getTarget()).isEqualTo("model:sum@3");
  }

  @Test
  void aModelThatNobodyHasReadyIsRefused() {
    register("3", false);
    driver.send(ask("sum", null, 16));
    driver.advance(Duration.ofSeconds(2));
    assertThat(onlyResult().getFailure().getCode()).isEqualTo("MODEL_NOT_READY");
  }

  @Test
  void anUnloadedModelIsRefusedWithoutAWait() {
    register("3", false, true);
    for (String version : new String[] {null, "3"}) {
      driver.send(ask("sum", version, 16));
      driver.advance(Duration.ofMillis(100));
      InferenceResult refused = onlyResult();
      assertThat(refused.getOutcome()).isEqualTo(Outcome.REFUSED);
      assertThat(refused.getFailure().getCode()).isEqualTo("MODEL_UNLOADED");
    }
  }

  @Test
  void whoAsksForNoVersionGetsTheNewestThatIsReady() {
    register("3", false);
    register("10", false);
    ready("model:sum@3");
    driver.send(ask("sum", null, 16));
    assertThat(onlyTask().getTarget()).isEqualTo("model:sum@3");
    ready("model:sum@3", "model:sum@10");
    driver.send(ask("sum", null, 16));
    assertThat(onlyTask().getTarget()).isEqualTo("model:sum@10");
    driver.send(ask("model:sum", "3", 16));
    assertThat(onlyTask().getTarget()).isEqualTo("model:sum@3");
  }

  @Test
  void equalInputsAreServedFromTheCacheWhereThatIsDeclared() {
    register("3", true);
    ready("model:sum@3");
    driver.send(ask("sum", null, 16));
    done(onlyTask(), tensor("y", 16));
    assertThat(onlyResult().getServedBy()).isEqualTo(ServedBy.WORKER);
    driver.send(ask("sum", null, 16));
    InferenceResult hit = onlyResult();
    assertThat(hit.getServedBy()).isEqualTo(ServedBy.CACHE);
    assertThat(hit.getOutputs()).containsExactly(tensor("y", 16));
    assertThat(hit.getComputeMs()).isZero();
  }

  @Test
  void aRepeatedRequestGetsTheFirstAnswerAgainLargeOutputsByReference() {
    register("3", false);
    ready("model:sum@3");
    InferenceRequest request = ask("sum", null, 16);
    driver.send(request);
    done(onlyTask(), tensor("y", LARGE));
    assertThat(onlyResult().getOutputs()).containsExactly(tensor("y", LARGE));
    driver.send(request);
    InferenceResult again = onlyResult();
    assertThat(again.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(again.getOutputs()).isEmpty();
    assertThat(again.getOutputsCoordinates().getTopic()).isEqualTo(InferenceTopics.ATTEMPTS.name());
  }

  @Test
  void inputsThatDoNotFitAreRefusedAndRejectedNamingTheInput() {
    register("3", false);
    ready("model:sum@3");
    InferenceRequest request = ask("sum", null, 16);
    request.setInputs(
        List.of(
            new Tensor(
                "x", TensorDatatype.UINT8, List.of(1L, 1L << 31), ByteBuffer.wrap(new byte[10]))));
    driver.send(request);
    InferenceResult refused = onlyResult();
    assertThat(refused.getOutcome()).isEqualTo(Outcome.REFUSED);
    assertThat(refused.getFailure().getCode()).isEqualTo("INPUT_INVALID");
    assertThat(refused.getFailure().getMessage())
        .contains("'x'", "10 bytes", "2147483648 elements");
    assertThat(driver.drain(Topics.REJECTIONS))
        .extracting(Rejection::getReason)
        .containsExactly("INPUT_INVALID");
  }

  private void register(String version, boolean cacheable) {
    register(version, cacheable, false);
  }

  private void register(String version, boolean cacheable, boolean unloaded) {
    ModelSpec model =
        ModelSpec.newBuilder()
            .setUri("file:/models/sum/" + version + "/model.onnx")
            .setInputs(List.of(signature("x")))
            .setOutputs(List.of(signature("y")))
            .setBatchMax(8)
            .build();
    driver.register(
        TargetSpec.newBuilder()
            .setTarget("model:sum@" + version)
            .setKind(TargetKind.MODEL)
            .setName("sum")
            .setVersion(version)
            .setIdempotent(true)
            .setUnloaded(unloaded)
            .setCacheTtlMs(cacheable ? 60_000L : null)
            .setModel(model)
            .build());
  }

  private static TensorSignature signature(String name) {
    return new TensorSignature(name, TensorDatatype.UINT8, List.of(-1L, -1L));
  }

  private void ready(String... models) {
    driver.worker(List.of(), List.of(models));
  }

  private InferenceRequest ask(String model, String version, int bytes) {
    return InferenceRequest.newBuilder()
        .setId(driver.id())
        .setModel(model)
        .setModelVersion(version)
        .setInputs(List.of(tensor("x", bytes)))
        .build();
  }

  private static Tensor tensor(String name, int bytes) {
    return new Tensor(
        name, TensorDatatype.UINT8, List.of(1L, (long) bytes), ByteBuffer.allocate(bytes));
  }

  private void done(Task task, Tensor output) {
    say(
        driver
            .attempt(task, AttemptPhase.DONE)
            .setKind(OperationKind.INFERENCE)
            .setOutcome(Outcome.OK)
            .setInference(
                InferenceRun.newBuilder()
                    .setOutputs(List.of(output))
                    .setBatchSize(4)
                    .setComputeMs(1.5)
                    .setDevice("cpu")
                    .build())
            .build());
  }

  private void say(Attempt attempt) {
    driver.in(InferenceTopics.ATTEMPTS).pipeInput(attempt.getFingerprint(), attempt);
  }

  private Task onlyTask() {
    List<Task> tasks = driver.drain(Topics.inferenceTasks("default"));
    assertThat(tasks).hasSize(1);
    return tasks.get(0);
  }

  private InferenceResult onlyResult() {
    List<InferenceResult> results = driver.drain(InferenceTopics.RESULTS);
    assertThat(results).hasSize(1);
    return results.get(0);
  }
}
