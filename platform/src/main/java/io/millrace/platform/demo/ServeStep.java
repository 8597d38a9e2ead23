package io.millrace.platform.demo;

import static io.millrace.platform.demo.Numbers.time;

import io.millrace.events.InferenceResult;
import io.millrace.platform.demo.report.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Drops a model into the repository and asks it by Kafka and by HTTP. */
final class ServeStep implements Step {
  private static final String KAFKA = "model_served_by_kafka";
  private static final String HTTP = "model_served_by_http";

  private final DemoModel model;
  private final Path repository;
  private final ModelClient client;
  private final ModelDoor door;

  ServeStep(DemoModel model, Path repository, ModelClient client, ModelDoor door) {
    this.model = model;
    this.repository = repository;
    this.client = client;
    this.door = door;
  }

  @Override
  public String title() {
    return "a model is dropped into the repository and called";
  }

  @Override
  public List<String> checks() {
    return List.of(KAFKA, HTTP);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    try {
      model.write(repository);
    } catch (IOException e) {
      throw new DemoException("the model cannot be written: " + e.getMessage(), e);
    }
    Duration ready = door.awaitReady(DemoModel.NAME);
    findings.timing("model ready", ready, "from its file being there, native library included");
    float[] features = DemoModel.features(1);
    float[] expected = model.scores(features);

    InferenceResult byKafka = client.answer(DemoModel.NAME, features);
    boolean equal = DemoModel.close(expected, DemoModel.scores(byKafka));
    findings.check(
        KAFKA,
        equal,
        "%s, %d scores %s those computed in Java; compute %.1f ms on %s"
            .formatted(
                byKafka.getOutcome(),
                expected.length,
                equal ? "equal to" : "other than",
                byKafka.getComputeMs(),
                byKafka.getDevice()));
    boolean same = DemoModel.close(expected, door.scores(DemoModel.NAME, features));
    findings.check(
        HTTP, same, "Open Inference Protocol v2: " + (same ? "the same scores" : "other scores"));
    return "ready after " + time(ready);
  }
}
