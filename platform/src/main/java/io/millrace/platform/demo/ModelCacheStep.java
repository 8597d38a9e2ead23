package io.millrace.platform.demo;

import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.platform.demo.report.Progress;
import java.util.Arrays;
import java.util.List;

/** Asks a model the same twice. */
final class ModelCacheStep implements Step {
  private static final String HIT = "model_cache_hit";
  private static final int INPUT = 2;

  private final ModelClient client;

  ModelCacheStep(ModelClient client) {
    this.client = client;
  }

  @Override
  public String title() {
    return "the model is asked the same twice";
  }

  @Override
  public List<String> checks() {
    return List.of(HIT);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    InferenceResult first = client.answer(DemoModel.NAME, DemoModel.features(INPUT));
    InferenceResult second = client.answer(DemoModel.NAME, DemoModel.features(INPUT));
    boolean hit =
        first.getOutcome() == Outcome.OK
            && first.getServedBy() == ServedBy.WORKER
            && second.getServedBy() == ServedBy.CACHE
            && Arrays.equals(DemoModel.scores(first), DemoModel.scores(second));
    String detail =
        "first served by %s in %.1f ms, then by %s in %.1f ms"
            .formatted(
                first.getServedBy(),
                first.getLatencyMs(),
                second.getServedBy(),
                second.getLatencyMs());
    findings.check(HIT, hit, detail);
    return detail;
  }
}
