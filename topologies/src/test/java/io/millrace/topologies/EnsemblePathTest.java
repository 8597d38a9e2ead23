package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Alert;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Audit;
import io.millrace.events.Cancel;
import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.Failure;
import io.millrace.events.InferenceFeedback;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.SplitStatus;
import io.millrace.events.SplitVerdict;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.ensemble.logic.EnsembleInvalid;
import io.millrace.topologies.ensemble.logic.EnsembleTargets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ensembles in parts, through guard and dispatch, the test playing the workers. */
class EnsemblePathTest {
  private static final int LARGE = 300 << 10;

  private final Map<String, TargetSpec> models = new HashMap<>();
  private OperationsDriver driver;
  private InferenceResult selected = new InferenceResult();

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void partsAreCalledInTurnAndTheirOutputsAreTheAnswer() throws Exception {
    sequence();
    InferenceRequest request = ask(16);
    driver.send(request);
    Task first = onlyTask("cpu");
    assertThat(first.getTarget()).isEqualTo("model:pipe/0@1");
    assertThat(first.getInference().getInputs()).containsExactly(tensor("in", 16, 0));
    assertThat(driver.drain(Topics.inferenceTasks("gpu"))).isEmpty();
    done(first, tensor("a", 16, 1));
    Task second = onlyTask("gpu");
    assertThat(second.getInference().getInputs())
        .containsExactlyInAnyOrder(tensor("a", 16, 1), tensor("in", 16, 0));
    done(second, tensor("b", 16, 2));

    InferenceResult result = answer(request);
    assertThat(result.getOutcome()).isEqualTo(Outcome.OK);
    assertThat(result.getTarget()).isEqualTo("model:pipe@1");
    assertThat(result.getOutputs()).containsExactly(tensor("b", 16, 2));
    assertThat(result.getComputeMs()).isEqualTo(3.0);
    assertThat(result.getDevice()).isEqualTo("cpu");
  }

  @Test
  void inputsThatOnlyLieInTheLogAreNamedByTheirPlaceBesideWhatWasMade() throws Exception {
    sequence();
    driver.send(ask(LARGE));
    Task first = onlyTask("cpu");
    assertThat(first.getInference().getInputs()).isEmpty();
    assertThat(first.getInference().getInputsCoordinates().getOffset()).isZero();
    driver.drain(InferenceTopics.REQUESTS);
    done(first, tensor("a", 16, 1));
    List<InferenceRequest> calls = driver.drain(InferenceTopics.REQUESTS);
    assertThat(calls).hasSize(1);
    assertThat(calls.get(0).getInputs()).containsExactly(tensor("a", 16, 1));
    assertThat(calls.get(0).getInputsCoordinates().getOffset()).isZero();
    Task second = onlyTask("gpu");
    assertThat(second.getInference().getInputsCoordinates().getTopic())
        .isEqualTo(InferenceTopics.REQUESTS.name());
    assertThat(second.getInference().getInputsCoordinates().getOffset())
        .as("the call itself, which leads on to the request")
        .isPositive();
  }

  @Test
  void afterARestartTheCallsAreMadeAgainAndAnsweredAsBefore() throws Exception {
    sequence();
    InferenceRequest request = ask(16);
    driver.send(request);
    done(onlyTask("cpu"), tensor("a", 16, 1));
    Task second = onlyTask("gpu");
    driver.drain(InferenceTopics.RESULTS);
    driver.drain(InferenceTopics.REQUESTS);
    driver.restart();
    sequence();
    driver.advance(Duration.ofMillis(100));
    assertThat(driver.drain(Topics.inferenceTasks("cpu"))).as("it was answered").isEmpty();
    done(second, tensor("b", 16, 2));
    assertThat(answer(request).getOutputs()).containsExactly(tensor("b", 16, 2));
  }

  @Test
  void aPartThatFailsFailsTheEnsembleAndNamesTheStep() throws Exception {
    sequence();
    InferenceRequest request = ask(16);
    driver.send(request);
    failed(onlyTask("cpu"), "MODEL_FAILED");
    InferenceResult result = answer(request);
    assertThat(result.getOutcome()).isEqualTo(Outcome.TOOL_ERROR);
    assertThat(result.getFailure().getCode()).isEqualTo("MODEL_FAILED");
    assertThat(result.getFailure().getMessage()).contains("step 'segment-0'");
  }

  @Test
  void anEnsembleThatTakesTooLongIsEndedAndItsCallsTakenBack() throws Exception {
    sequence();
    InferenceRequest request = ask(16);
    driver.send(request);
    onlyTask("cpu");
    driver.advance(Duration.ofMillis(1_500));
    assertThat(driver.drain(InferenceTopics.ATTEMPTS))
        .as("it beats while it runs")
        .anyMatch(attempt -> attempt.getPhase() == AttemptPhase.RUNNING);
    driver.advance(Duration.ofSeconds(1));
    InferenceResult result = answer(request);
    assertThat(result.getOutcome()).isEqualTo(Outcome.TIMEOUT);
    assertThat(result.getFailure().getMessage()).contains("model:pipe@1 had not ended");
    assertThat(driver.drain(InferenceTopics.CANCELS))
        .extracting(Cancel::getReason)
        .containsExactly("the ensemble ended");
  }

  @Test
  void aFallbackAsksTheSmallerModelWhereTheLargeOneIsOverloaded() throws Exception {
    choice(EnsemblePolicy.FALLBACK, Map.of(), 1, 1);
    InferenceRequest request = ask(16);
    driver.send(request);
    Task large = onlyTask("default");
    assertThat(large.getTarget()).isEqualTo("model:pipe/which.m0-1@1");
    failed(large, "QUEUE_FULL");
    Task small = onlyTask("default");
    assertThat(small.getTarget()).isEqualTo("model:pipe/which.m1-1@1");
    done(small, tensor("which", 16, 5));
    InferenceResult result = answer(request);
    assertThat(result.getOutputs()).containsExactly(tensor("which", 16, 5));
    assertThat(result.getParameters()).containsEntry("served.which", "\"model:pipe/which.m1-1@1\"");
  }

  @Test
  void whatTheInputsThemselvesBringAboutIsNotAskedOfAnother() throws Exception {
    choice(EnsemblePolicy.FALLBACK, Map.of(), 1, 1);
    InferenceRequest request = ask(16);
    driver.send(request);
    failed(onlyTask("default"), "INPUT_INVALID");
    assertThat(answer(request).getFailure().getCode()).isEqualTo("INPUT_INVALID");
  }

  @Test
  void aShadowIsCalledAndComparedButNeverReturned() throws Exception {
    choice(EnsemblePolicy.SHADOW, Map.of("fraction", List.of(1.0)), 1, 1);
    for (int i = 0; i < 2; i++) {
      InferenceRequest request = ask(16);
      driver.send(request);
      List<Task> tasks = driver.drain(Topics.inferenceTasks("default"));
      assertThat(tasks)
          .extracting(Task::getTarget)
          .containsExactly("model:pipe/which.m0-1@1", "model:pipe/which.m1-1@1");
      done(tasks.get(1 - i), tensor("which", 16, i == 0 ? 9 : 7));
      done(tasks.get(i), tensor("which", 16, 7));
      assertThat(answer(request).getOutputs()).containsExactly(tensor("which", 16, 7));
    }
    driver.advance(Duration.ofSeconds(2));
    SplitStatus status = last(driver.drain(InferenceTopics.SPLITS));
    assertThat(status.getCandidates().get(1).getCompared()).isEqualTo(2);
    assertThat(status.getCandidates().get(1).getAgreed()).isEqualTo(1);
    assertThat(status.getServing()).isEmpty();
  }

  @Test
  void aSplitSharesByWeightAndABadCanaryIsReturnedForGood() throws Exception {
    choice(EnsemblePolicy.SPLIT, Map.of("canary", List.of(1.0)), 50, 50);
    int canary = 0;
    for (int i = 0; i < 100; i++) {
      InferenceRequest request = ask(16);
      driver.send(request);
      Task task = onlyTask("default");
      boolean stable = task.getTarget().equals("model:pipe/which.m0-1@1");
      canary += stable ? 0 : 1;
      if (stable) {
        done(task, tensor("which", 16, 1));
      } else {
        failed(task, "MODEL_FAILED");
        Task instead = onlyTask("default");
        assertThat(instead.getTarget()).isEqualTo("model:pipe/which.m0-1@1");
        done(instead, tensor("which", 16, 1));
      }
      assertThat(answer(request).getOutcome()).as("callers notice nothing").isEqualTo(Outcome.OK);
      driver.advance(Duration.ofMillis(100));
      List<SplitStatus> statuses = driver.drain(InferenceTopics.SPLITS);
      if (!statuses.isEmpty() && !last(statuses).getServing().isEmpty()) {
        SplitStatus status = last(statuses);
        assertThat(status.getVerdict()).isEqualTo(SplitVerdict.RETURNED);
        assertThat(status.getServing()).isEqualTo("model:pipe/which.m0-1@1");
        break;
      }
      assertThat(i).as("no verdict after 100 calls").isLessThan(99);
    }
    assertThat(canary).isGreaterThan(2);
    assertThat(driver.drain(Topics.ALERTS))
        .filteredOn(alert -> alert.getType().startsWith("CANARY"))
        .extracting(Alert::getType)
        .containsExactly("CANARY_RETURNED");
    for (int i = 0; i < 20; i++) {
      driver.send(ask(16));
      Task task = onlyTask("default");
      assertThat(task.getTarget()).isEqualTo("model:pipe/which.m0-1@1");
      done(task, tensor("which", 16, 1));
    }
  }

  @Test
  void aSplitSharesItsCalls() throws Exception {
    choice(EnsemblePolicy.SPLIT, Map.of(), 50, 50);
    List<String> drawn = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      driver.send(ask(16));
      Task task = onlyTask("default");
      drawn.add(task.getTarget());
      done(task, tensor("which", 16, 1));
    }
    assertThat(drawn.stream().filter(target -> target.contains("m0")).count()).isBetween(8L, 32L);
  }

  @Test
  void aSelectionFindsTheCheaperModelSaysSoAndKeepsItOverARestart() throws Exception {
    choice(EnsemblePolicy.SELECT, Map.of(), 1, 1);
    assertThat(select(400)).isEqualTo("model:pipe/which.m0-1@1");
    driver.advance(Duration.ofSeconds(11));
    List<Audit> audits = driver.drain(Topics.AUDIT);
    assertThat(audits).extracting(Audit::getAction).containsExactly("MODEL_CHOSEN");
    assertThat(audits.get(0).getDetails())
        .containsEntry("from", "model:pipe/which.m1-1@1")
        .containsEntry("to", "model:pipe/which.m0-1@1")
        .containsEntry("input_class", "16 bytes and more");

    InferenceResult result = selected;
    assertThat(result.getParameters().get("why.which")).startsWith("\"CHEAPEST_PROVEN");
    driver.drain(InferenceTopics.RESULTS);
    driver.restart();
    choice(EnsemblePolicy.SELECT, Map.of(), 1, 1);
    assertThat(select(1)).isEqualTo("model:pipe/which.m0-1@1");
  }

  @Test
  void whatClientsSayOfASelectionIsHeard() throws Exception {
    choice(EnsemblePolicy.SELECT, Map.of(), 1, 1);
    select(400);
    for (int i = 0; i < 100; i++) {
      boolean large = select(1).contains("m1");
      driver
          .in(InferenceTopics.FEEDBACK)
          .pipeInput(
              selected.getOperationId(),
              InferenceFeedback.newBuilder()
                  .setOperationId(selected.getOperationId())
                  .setGood(large)
                  .build());
    }
    assertThat(select(1)).isEqualTo("model:pipe/which.m1-1@1");
    assertThat(driver.drain(InferenceTopics.FEEDBACK_ROUTED)).isEmpty();

    driver
        .in(InferenceTopics.FEEDBACK)
        .pipeInput("other", InferenceFeedback.newBuilder().setOperationId("other").build());
    assertThat(driver.drain(InferenceTopics.FEEDBACK_ROUTED))
        .as("the choice may have been made in another partition")
        .hasSize(1);
  }

  /** Asks so often, both models agreeing; which one answered last. */
  private String select(int requests) {
    for (int i = 0; i < requests; i++) {
      InferenceRequest request = ask(16);
      driver.send(request);
      for (Task task : driver.drain(Topics.inferenceTasks("default"))) {
        done(task, tensor("which", 16, 1), task.getTarget().contains("m0") ? 1 : 10);
      }
      selected = answer(request);
    }
    String served = selected.getParameters().get("served.which");
    return served.substring(1, served.length() - 1);
  }

  private void sequence() throws EnsembleInvalid {
    model("model:one@1", "cpu", "x0");
    model("model:two@1", "gpu", "x0", "x1");
    declare(
        List.of(
            step("a", "model:one@1", Map.of("x0", "in")),
            step("b", "model:two@1", Map.of("x0", "a", "x1", "in"))),
        "b");
  }

  private void choice(EnsemblePolicy policy, Map<String, List<Double>> numbers, double... weights)
      throws EnsembleInvalid {
    List<EnsembleCandidate> candidates = new ArrayList<>();
    for (double weight : weights) {
      String target = "model:m" + candidates.size() + "@1";
      model(target, "default", "x0");
      candidates.add(new EnsembleCandidate(target, weight));
    }
    EnsembleStep step =
        EnsembleStep.newBuilder(step("which", "model:m0@1", Map.of("x0", "in")))
            .setPolicy(policy)
            .setCandidates(candidates)
            .setNumbers(numbers)
            .build();
    declare(List.of(step), "which");
  }

  private static EnsembleStep step(String name, String target, Map<String, String> inputs) {
    return EnsembleStep.newBuilder()
        .setName(name)
        .setOperation(EnsembleOperation.MODEL)
        .setCandidates(List.of(new EnsembleCandidate(target, 1.0)))
        .setInputs(inputs)
        .setOutputs(Map.of("y", name))
        .build();
  }

  private void model(String target, String pool, String... inputs) {
    models.put(
        target,
        TargetSpec.newBuilder()
            .setTarget(target)
            .setKind(TargetKind.MODEL)
            .setName(target.substring(6, target.indexOf('@')))
            .setPool(pool)
            .setIdempotent(true)
            .setTimeoutMs(1_000)
            .setModel(
                ModelSpec.newBuilder()
                    .setUri("file:/models/m.onnx")
                    .setInputs(Arrays.stream(inputs).map(EnsemblePathTest::signature).toList())
                    .setOutputs(List.of(signature("y")))
                    .setBatchMax(8)
                    .build())
            .build());
  }

  private void declare(List<EnsembleStep> steps, String output) throws EnsembleInvalid {
    List<TargetSpec> targets =
        EnsembleTargets.of(
            new EnsembleTargets.Source(
                "pipe",
                "1",
                steps,
                List.of(signature("in")),
                List.of(signature(output)),
                8,
                "{}",
                "default"),
            models::get);
    List<String> ready = new ArrayList<>();
    for (String pool : List.of("cpu", "gpu")) {
      driver
          .in(Topics.TARGETS)
          .pipeInput(
              "pool:" + pool,
              TargetSpec.newBuilder().setTarget("pool:" + pool).setName(pool).build());
    }
    for (TargetSpec target : targets) {
      driver.register(target);
      ready.add(target.getTarget());
    }
    driver.worker(List.of(), ready.subList(1, ready.size()));
  }

  private static TensorSignature signature(String name) {
    return new TensorSignature(name, TensorDatatype.UINT8, List.of(-1L, -1L));
  }

  private InferenceRequest ask(int bytes) {
    return InferenceRequest.newBuilder()
        .setId(driver.id())
        .setModel("pipe")
        .setInputs(List.of(tensor("in", bytes, 0)))
        .build();
  }

  private static Tensor tensor(String name, int bytes, int first) {
    ByteBuffer data = ByteBuffer.allocate(bytes);
    data.put(0, (byte) first);
    return new Tensor(name, TensorDatatype.UINT8, List.of(1L, (long) bytes), data);
  }

  private void done(Task task, Tensor output) {
    done(task, output, 1.5);
  }

  private void done(Task task, Tensor output, double computeMs) {
    driver
        .in(InferenceTopics.ATTEMPTS)
        .pipeInput(
            task.getFingerprint(),
            driver
                .attempt(task, AttemptPhase.DONE)
                .setKind(OperationKind.INFERENCE)
                .setOutcome(Outcome.OK)
                .setInference(
                    InferenceRun.newBuilder()
                        .setOutputs(List.of(output))
                        .setComputeMs(computeMs)
                        .setDevice("cpu")
                        .build())
                .build());
  }

  private void failed(Task task, String code) {
    driver
        .in(InferenceTopics.ATTEMPTS)
        .pipeInput(
            task.getFingerprint(),
            driver
                .attempt(task, AttemptPhase.DONE)
                .setKind(OperationKind.INFERENCE)
                .setOutcome(Outcome.TOOL_ERROR)
                .setFailure(new Failure(code, "as the test wants it"))
                .setRetryable(false)
                .build());
  }

  private Task onlyTask(String pool) {
    List<Task> tasks = driver.drain(Topics.inferenceTasks(pool));
    assertThat(tasks).hasSize(1);
    return tasks.get(0);
  }

  /** The answer to a request among those to its calls. */
  private InferenceResult answer(InferenceRequest request) {
    List<InferenceResult> results =
        driver.drain(InferenceTopics.RESULTS).stream()
            .filter(result -> result.getOperationId().equals(request.getId()))
            .toList();
    assertThat(results).hasSize(1);
    return results.get(0);
  }

  private static SplitStatus last(List<SplitStatus> statuses) {
    assertThat(statuses).isNotEmpty();
    return statuses.get(statuses.size() - 1);
  }
}
