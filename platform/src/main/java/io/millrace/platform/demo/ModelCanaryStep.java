package io.millrace.platform.demo;

import io.millrace.events.Alert;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.platform.demo.report.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Gives half of the requests to a new model that fails: the one that was there answers all the
 * same, until the verdict takes the new one away.
 */
final class ModelCanaryStep implements Step {
  private static final String CANARY = "model_canary_returned";
  private static final String TRIAL = "demo-trial";
  private static final String NEW = "demo-new";
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int AFTER = 20;
  private static final String CONFIG =
      """
      platform: "ensemble"
      max_batch_size: 64
      input [{ name: "%s" data_type: TYPE_FP32 dims: [%d] }]
      output [{ name: "%s" data_type: TYPE_FP32 dims: [%d] }]
      """
          .formatted(DemoModel.INPUT, DemoModel.FEATURES, DemoModel.OUTPUT, DemoModel.SCORES);
  private static final String STEPS =
      """
      steps:
        - name: trial
          canary: {%s: 50, %s: 50}
          inputs: {%3$s: %3$s}
          outputs: {%4$s: %4$s}
      """
          .formatted(DemoModel.NAME, NEW, DemoModel.INPUT, DemoModel.OUTPUT);

  private final DemoModel stable;
  private final DemoModel ill;
  private final Path repository;
  private final ModelClient client;
  private final ModelDoor door;

  /**
   * @param stable the model that is served already
   * @param ill a model that fails
   * @param repository that the platform watches
   */
  ModelCanaryStep(
      DemoModel stable, DemoModel ill, Path repository, ModelClient client, ModelDoor door) {
    this.stable = stable;
    this.ill = ill;
    this.repository = repository;
    this.client = client;
    this.door = door;
  }

  @Override
  public String title() {
    return "a new version gets half of the requests and fails";
  }

  @Override
  public List<String> checks() {
    return List.of(CANARY);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    try {
      ill.write(repository, NEW);
      Path trial = Files.createDirectories(repository.resolve(TRIAL));
      Files.writeString(trial.resolve("millrace.yaml"), STEPS);
      Files.writeString(trial.resolve("config.pbtxt"), CONFIG);
    } catch (IOException e) {
      throw new DemoException("the canary cannot be written: " + e.getMessage(), e);
    }
    door.awaitReady(TRIAL);
    CompletableFuture<Alert> verdict = client.verdict("model:" + TRIAL + "@1");
    Stopwatch stopwatch = new Stopwatch();
    int asked = 0;
    int right = 0;
    while (!verdict.isDone() && stopwatch.elapsed().compareTo(LIMIT) < 0) {
      right += answersWell(asked++) ? 1 : 0;
    }
    Duration took = stopwatch.elapsed();
    int needed = asked;
    for (int i = 0; i < AFTER; i++) {
      right += answersWell(asked++) ? 1 : 0;
      progress.advance(i + 1, AFTER, "");
    }
    String said = verdict.isDone() ? verdict.join().getType() : "no verdict";
    findings.check(
        CANARY,
        right == asked && said.equals("CANARY_RETURNED"),
        "%s after %d requests in %.1f s; %d of %d requests were answered right"
            .formatted(said, needed, took.toMillis() / 1e3, right, asked));
    return "%s after %d requests, none of which failed".formatted(said, needed);
  }

  private boolean answersWell(int number) throws InterruptedException {
    float[] features = DemoModel.features(200_000 + number);
    InferenceResult answer = client.answer(TRIAL, features);
    return answer.getOutcome() == Outcome.OK
        && DemoModel.close(stable.scores(features), DemoModel.scores(answer));
  }
}
