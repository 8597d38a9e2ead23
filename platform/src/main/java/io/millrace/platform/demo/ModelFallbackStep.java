package io.millrace.platform.demo;

import io.millrace.events.Fallback;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.inference.repository.ModelRepository;
import io.millrace.inference.runtime.ModelFile;
import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.models.ModelTargets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Asks a model that gives numbers which are none: another one answers in its place, at once as soon
 * as its circuit is open.
 */
final class ModelFallbackStep implements Step {
  private static final String FALLBACK = "model_fallback";
  private static final String ILL = "demo-ill";
  private static final int REQUESTS = 40;
  private static final int VOLUME = 5;

  private final DemoModel well;
  private final DemoModel ill;
  private final Path directory;
  private final ModelClient client;
  private final ModelDoor door;

  /**
   * @param well what answers in the end
   * @param ill a model that fails
   * @param directory for its file, not watched by the platform
   */
  ModelFallbackStep(
      DemoModel well, DemoModel ill, Path directory, ModelClient client, ModelDoor door) {
    this.well = well;
    this.ill = ill;
    this.directory = directory;
    this.client = client;
    this.door = door;
  }

  @Override
  public String title() {
    return "a model fails and another one answers";
  }

  @Override
  public List<String> checks() {
    return List.of(FALLBACK);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    client.declare(declaration());
    door.awaitReady(ILL);
    int right = 0;
    int spared = 0;
    for (int i = 0; i < REQUESTS; i++) {
      float[] features = DemoModel.features(100_000 + i);
      InferenceResult answer = client.answer(ILL, features);
      boolean good =
          answer.getOutcome() == Outcome.OK
              && DemoModel.close(well.scores(features), DemoModel.scores(answer));
      right += good ? 1 : 0;
      spared += good && answer.getAttempts() == 1 ? 1 : 0;
      progress.advance(i + 1, REQUESTS, "");
    }
    findings.check(
        FALLBACK,
        right == REQUESTS && spared > 0,
        "%d of %d answered by %s; the ill model was spared %d of them by its open circuit"
            .formatted(right, REQUESTS, DemoModel.NAME, spared));
    return "%d of %d answered all the same".formatted(right, REQUESTS);
  }

  private TargetSpec declaration() {
    try {
      ill.write(directory, ILL);
    } catch (IOException e) {
      throw new DemoException("the model cannot be written: " + e.getMessage(), e);
    }
    ModelRepository.Version version = new ModelRepository(directory).versions(ILL).get(0);
    TargetSpec spec = ModelTargets.target(version, "default", ModelFile.sha256(version.file()));
    spec.setCacheTtlMs(null);
    spec.setFailureVolumeOpen(VOLUME);
    spec.setFallbacks(
        List.of(Fallback.newBuilder().setTarget(ModelTargets.key(DemoModel.NAME, 1)).build()));
    return spec;
  }
}
