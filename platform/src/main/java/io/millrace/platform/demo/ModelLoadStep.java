package io.millrace.platform.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.platform.demo.report.Progress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks a model more and more at once: the batches that it runs in grow with it. */
final class ModelLoadStep implements Step {
  private static final String GROW = "batches_grow_with_load";
  private static final String ANSWERED = "every_request_answered";
  private static final List<Integer> IN_FLIGHT = List.of(1, 8, 64);
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final ModelClient client;
  private final Duration each;
  private long asked;

  /** What came out with so much in flight; the mean batch is that of the requests. */
  private record Load(int inFlight, double perSecond, double p50, double batch, int failed) {}

  /**
   * @param each how long each load lasts
   */
  ModelLoadStep(ModelClient client, Duration each) {
    this.client = client;
    this.each = each;
  }

  @Override
  public String title() {
    return "more and more is asked of the model at once";
  }

  @Override
  public List<String> checks() {
    return List.of(GROW, ANSWERED);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    List<Load> loads = new ArrayList<>();
    for (int inFlight : IN_FLIGHT) {
      progress.advance(loads.size(), IN_FLIGHT.size(), inFlight + " in flight");
      loads.add(load(inFlight));
    }
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    List<String> words = new ArrayList<>();
    boolean grow = true;
    for (Load load : loads) {
      rows.addObject()
          .put("in_flight", load.inFlight)
          .put("per_s", Math.round(load.perSecond))
          .put("p50_ms", Math.round(load.p50 * 10) / 10.0)
          .put("mean_batch", Math.round(load.batch * 10) / 10.0);
      words.add(
          "%d in flight: %.1f rows (%.0f/s, p50 %.1f ms)"
              .formatted(load.inFlight, load.batch, load.perSecond, load.p50));
      grow &= rows.size() == 1 || load.batch > loads.get(rows.size() - 2).batch;
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.set("load", rows);
    findings.result("model-load", result);
    findings.check(GROW, grow, String.join("; ", words));
    int failed = loads.stream().mapToInt(Load::failed).sum();
    findings.check(
        ANSWERED, failed == 0, "%d of %d requests answered OK".formatted(asked - failed, asked));
    Load most = loads.get(loads.size() - 1);
    return "batches of %.1f rows at %d in flight".formatted(most.batch, most.inFlight);
  }

  private Load load(int inFlight) throws InterruptedException {
    Deque<CompletableFuture<InferenceResult>> waiting = new ArrayDeque<>();
    List<InferenceResult> results = new ArrayList<>();
    Stopwatch stopwatch = new Stopwatch();
    while (stopwatch.elapsed().compareTo(each) < 0) {
      while (waiting.size() < inFlight) {
        // No two alike: none is answered from the cache.
        waiting.add(client.ask(DemoModel.NAME, DemoModel.features(1_000 + asked++)));
      }
      results.add(DemoClient.await(waiting.remove(), LIMIT, "answer of the model"));
      while (!waiting.isEmpty() && waiting.peek().isDone()) {
        results.add(DemoClient.await(waiting.remove(), LIMIT, "answer of the model"));
      }
    }
    double seconds = stopwatch.elapsed().toNanos() / 1e9;
    for (CompletableFuture<InferenceResult> last : waiting) {
      results.add(DemoClient.await(last, LIMIT, "answer of the model"));
    }
    double[] latencies = results.stream().mapToDouble(InferenceResult::getLatencyMs).toArray();
    Arrays.sort(latencies);
    return new Load(
        inFlight,
        results.size() / seconds,
        latencies[latencies.length / 2],
        results.stream().mapToInt(InferenceResult::getBatchSize).average().orElse(0),
        (int) results.stream().filter(result -> result.getOutcome() != Outcome.OK).count());
  }
}
