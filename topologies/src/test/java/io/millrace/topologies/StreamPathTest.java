package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Cancel;
import io.millrace.events.ControlType;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.identity.ChunksDigest;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streamed answers, sequences and cancels, as their records pass through the topology. */
class StreamPathTest {
  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private void register(ModelSpec.Builder model, boolean idempotent) {
    List<TensorSignature> x = List.of(new TensorSignature("x", TensorDatatype.UINT8, List.of(1L)));
    driver.register(
        TargetSpec.newBuilder()
            .setTarget("model:m@1")
            .setKind(TargetKind.MODEL)
            .setName("m")
            .setIdempotent(idempotent)
            .setCacheTtlMs(60_000L)
            .setModel(model.setInputs(x).build())
            .build());
    driver
        .in(Topics.WORKERS)
        .pipeInput(
            "w1",
            WorkerStatus.newBuilder()
                .setWorkerId("w1")
                .setKind(OperationKind.INFERENCE)
                .setOccurredAt(driver.now())
                .setTargets(List.of("model:m@1"))
                .build());
  }

  private static Tensor tensor(String name, int value) {
    return new Tensor(
        name, TensorDatatype.UINT8, List.of(1L), ByteBuffer.wrap(new byte[] {(byte) value}));
  }

  private InferenceRequest.Builder request() {
    return InferenceRequest.newBuilder()
        .setId(driver.id())
        .setModel("m")
        .setInputs(List.of(tensor("x", 1)));
  }

  private void send(InferenceRequest request) {
    driver
        .in(InferenceTopics.REQUESTS)
        .pipeInput(Fingerprint.ofOperation(request.getId()), request);
    driver.loop(InferenceTopics.REQUESTS_ROUTED);
  }

  private void say(Attempt attempt) {
    driver.in(InferenceTopics.ATTEMPTS).pipeInput(attempt.getFingerprint(), attempt);
  }

  private String chunk(Task task, int number, boolean last, String before) {
    List<Tensor> outputs = List.of(tensor("y", number));
    String digest = ChunksDigest.next(before, outputs);
    say(
        driver
            .attempt(task, last ? AttemptPhase.DONE : AttemptPhase.RUNNING)
            .setKind(OperationKind.INFERENCE)
            .setOutcome(last ? Outcome.OK : Outcome.UNKNOWN)
            .setInference(
                InferenceRun.newBuilder()
                    .setOutputs(outputs)
                    .setChunk(number)
                    .setLast(last)
                    .setChunksDigest(digest)
                    .build())
            .build());
    return digest;
  }

  @Test
  void chunksArePassedOnUnderOneOperationToTheReplyPartition() {
    register(ModelSpec.newBuilder().setStreamed(true), true);
    InferenceRequest request = request().setReplyPartition(0).build();
    send(request);
    // Equal requests to a model that may be cached would join it.
    send(request().build());
    List<Task> tasks = driver.drain(Topics.inferenceTasks("default"));
    assertThat(tasks).hasSize(2);
    String digest = chunk(tasks.get(0), 0, false, "");
    digest = chunk(tasks.get(0), 1, false, digest);
    chunk(tasks.get(0), 2, true, digest);

    List<InferenceResult> results = driver.drain(InferenceTopics.RESULTS);

    assertThat(results).extracting(InferenceResult::getOperationId).containsOnly(request.getId());
    assertThat(results).extracting(InferenceResult::getChunk).containsExactly(0, 1, 2);
    assertThat(results).extracting(InferenceResult::getLast).containsExactly(false, false, true);
    assertThat(results).extracting(InferenceResult::getOutcome).containsOnly(Outcome.OK);
    assertThat(results).extracting(InferenceResult::getReplyPartition).containsOnly(0);
    assertThat(results).extracting(InferenceResult::getId).doesNotHaveDuplicates();
    assertThat(results)
        .extracting(result -> result.getOutputs().get(0))
        .containsExactly(tensor("y", 0), tensor("y", 1), tensor("y", 2));
    assertThat(driver.drain(InferenceTopics.CACHED)).isEmpty();
  }

  @Test
  void theNextRunGoesOnWhereTheLostOneEnded() {
    register(ModelSpec.newBuilder().setStreamed(true), true);
    send(request().build());
    Task lost = driver.drain(Topics.inferenceTasks("default")).get(0);
    chunk(lost, 1, false, chunk(lost, 0, false, ""));
    driver.advance(Duration.ofSeconds(5));
    Task next = driver.drain(Topics.inferenceTasks("default")).get(0);
    assertThat(next.getAttempt()).isEqualTo(2);
    String digest = chunk(next, 0, false, "");
    digest = chunk(next, 1, false, digest);
    chunk(next, 2, true, digest);

    assertThat(driver.drain(InferenceTopics.RESULTS))
        .extracting(InferenceResult::getChunk)
        .containsExactly(0, 1, 2);
  }

  private void run(Task task, String claim, int state) {
    say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId(claim).build());
    assertThat(driver.drain(InferenceTopics.CONTROLS).get(0).getType())
        .isEqualTo(ControlType.GRANT);
    say(driver.attempt(task, AttemptPhase.RUNNING).setClaimId(claim).build());
    say(
        driver
            .attempt(task, AttemptPhase.DONE)
            .setClaimId(claim)
            .setPool("default.sequences")
            .setOutcome(Outcome.OK)
            .setInference(
                InferenceRun.newBuilder()
                    .setOutputs(List.of(tensor("y", state)))
                    .setStates(List.of(tensor("s", state)))
                    .build())
            .build());
  }

  @Test
  void theNextTaskOfASequenceNamesWhereItsStateLies() {
    register(ModelSpec.newBuilder().setSequenced(true).setSequenceIdleMs(5_000), false);
    send(request().setSequenceId("a").setSequenceStart(true).build());
    send(request().setSequenceId("a").build());
    List<Task> tasks = driver.drain(Topics.inferenceSequences("default"));
    assertThat(tasks).as("the second waits for the first").hasSize(1);
    assertThat(tasks.get(0).getInference().getStateTaskId()).isEmpty();
    assertThat(tasks.get(0).getClaimRequired()).isTrue();
    run(tasks.get(0), "c1", 7);

    Task second = driver.drain(Topics.inferenceSequences("default")).get(0);
    assertThat(second.getInference().getStateTaskId()).isEqualTo(tasks.get(0).getId());
    assertThat(second.getInference().getStateCoordinates())
        .isEqualTo(new Coordinates(InferenceTopics.ATTEMPTS.name(), 0, 2L));
    assertThat(driver.drain(InferenceTopics.RESULTS))
        .singleElement()
        .extracting(result -> result.getOutputs().get(0))
        .isEqualTo(tensor("y", 7));
  }

  @Test
  void whereASequenceStandsOutlivesARestartAndEndsWhenIdle() {
    register(ModelSpec.newBuilder().setSequenced(true).setSequenceIdleMs(5_000), false);
    send(request().setSequenceId("a").setSequenceStart(true).build());
    Task first = driver.drain(Topics.inferenceSequences("default")).get(0);
    run(first, "c1", 7);
    driver.drain(InferenceTopics.RESULTS);
    driver.restart();
    register(ModelSpec.newBuilder().setSequenced(true).setSequenceIdleMs(5_000), false);
    send(request().setSequenceId("a").build());
    Task second = driver.drain(Topics.inferenceSequences("default")).get(0);
    assertThat(second.getInference().getStateTaskId()).isEqualTo(first.getId());
    run(second, "c2", 8);
    assertThat(driver.drain(InferenceTopics.RESULTS)).hasSize(1);

    driver.advance(Duration.ofSeconds(6));
    register(ModelSpec.newBuilder().setSequenced(true).setSequenceIdleMs(5_000), false);
    send(request().setSequenceId("a").build());
    assertThat(driver.drain(InferenceTopics.RESULTS).get(0).getFailure().getCode())
        .isEqualTo("SEQUENCE_UNKNOWN");
  }

  @Test
  void aSequenceIsNamedWhereTheModelNeedsItAndOnlyThere() {
    register(ModelSpec.newBuilder().setSequenced(true), false);
    send(request().build());
    assertThat(driver.drain(InferenceTopics.RESULTS).get(0).getFailure().getCode())
        .isEqualTo("SEQUENCE_ID_MISSING");
    register(ModelSpec.newBuilder(), true);
    send(request().setSequenceId("a").build());
    assertThat(driver.drain(InferenceTopics.RESULTS).get(0).getFailure().getCode())
        .isEqualTo("SEQUENCE_UNSUPPORTED");
  }

  @Test
  void aCancelByIdFindsWorkThatMayBeShared() {
    register(ModelSpec.newBuilder(), true);
    InferenceRequest request = request().build();
    send(request);
    cancel(request.getId());

    assertThat(driver.drain(InferenceTopics.RESULTS).get(0).getOutcome())
        .isEqualTo(Outcome.CANCELLED);
  }

  @Test
  void aCancelThatIsUnknownAtItsHomeIsPutToAllOthers() throws IOException {
    driver.close();
    driver = new OperationsDriver(4);
    register(ModelSpec.newBuilder(), true);
    String id = driver.id();
    while (home(Fingerprint.ofOperation(id)) != 0) {
      id = driver.id();
    }
    cancel(id);

    assertThat(driver.drain(InferenceTopics.CANCELS))
        .allMatch(cancel -> cancel.getReason().equals("gone"))
        .extracting(Cancel::getAskedPartition)
        .containsExactly(1, 2, 3);
  }

  private void cancel(String id) {
    driver
        .in(InferenceTopics.CANCELS)
        .pipeInput(id, Cancel.newBuilder().setOperationId(id).setReason("gone").build());
  }

  private static int home(String fingerprint) {
    return Utils.toPositive(Utils.murmur2(fingerprint.getBytes(StandardCharsets.UTF_8))) % 4;
  }
}
