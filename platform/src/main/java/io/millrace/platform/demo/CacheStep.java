package io.millrace.platform.demo;

import static io.millrace.platform.demo.Numbers.ratio;
import static io.millrace.platform.demo.Numbers.time;
import static io.millrace.platform.demo.Numbers.times;

import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.demo.sources.SourceServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Judges the parallel runs and makes them again, from the cache. */
final class CacheStep implements Step {

  private static final String FASTER = "parallel_faster";
  private static final String HIT = "cache_hit";

  /** What waits for a network gains at least this much from eight at once. */
  private static final double WAITING_SPEED_UP = 3;

  private final SpeedStep analyses;
  private final SpeedStep sources;
  private final SourceServer server;

  CacheStep(SpeedStep analyses, SpeedStep sources, SourceServer server) {
    this.analyses = analyses;
    this.sources = sources;
    this.server = server;
  }

  @Override
  public String title() {
    return "the same again, from the cache";
  }

  @Override
  public List<String> checks() {
    return List.of(FASTER, HIT);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    int cores = Runtime.getRuntime().availableProcessors();
    findings.check(
        FASTER,
        sources.speedUp() >= WAITING_SPEED_UP,
        "sources (waiting): %s of at most %d, at least %s expected; analyses (computing): %s on %d cores"
            .formatted(
                times(sources.speedUp()),
                sources.calls().size(),
                times(WAITING_SPEED_UP),
                times(analyses.speedUp()),
                cores));
    long requests = server.requests();
    List<String> problems = new ArrayList<>();
    Duration elapsed = Duration.ZERO;
    int calls = 0;
    for (SpeedStep step : List.of(analyses, sources)) {
      FanOut.Run before = step.parallel();
      FanOut.Run again = step.calls().parallel(step.parallelRun());
      findings.timing(
          step.what() + ", cached",
          again.elapsed(),
          times(ratio(before.elapsed(), again.elapsed())) + " as fast as the parallel plan");
      elapsed = elapsed.plus(again.elapsed());
      calls += step.calls().size();
      if (before.fromCache() > 0) {
        problems.add(before.fromCache() + " " + step.what() + " were cached before they had run");
      }
      if (again.fromCache() < step.calls().size()) {
        problems.add(
            "%d of %d %s came from the cache"
                .formatted(again.fromCache(), step.calls().size(), step.what()));
      }
      if (!again.sameOutputs(before)) {
        problems.add("the cached " + step.what() + " differ from the first ones");
      }
    }
    if (server.requests() != requests) {
      problems.add((server.requests() - requests) + " requests reached the sources");
    }
    findings.check(
        HIT,
        problems.isEmpty(),
        problems.isEmpty()
            ? "%d of %d answers served by CACHE, equal to the first ones, no source asked"
                .formatted(calls, calls)
            : String.join("; ", problems));
    return "%d answers in %s".formatted(calls, time(elapsed));
  }
}
