package io.millrace.platform.demo;

import static io.millrace.platform.demo.Numbers.ratio;
import static io.millrace.platform.demo.Numbers.time;
import static io.millrace.platform.demo.Numbers.times;

import io.millrace.platform.demo.report.Progress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a set of calls one after the other, then as one parallel plan. */
final class SpeedStep implements Step {

  private final String what;
  private final String run;
  private final FanOut calls;
  private final int rounds;
  private FanOut.@Nullable Run sequential;
  private FanOut.@Nullable Run parallel;

  /**
   * @param what is called, in the plural
   * @param run names these runs, so that no other run has filled the cache for them
   * @param rounds how often each is done; the fastest counts
   */
  SpeedStep(String what, String run, FanOut calls, int rounds) {
    this.what = what;
    this.run = run;
    this.calls = calls;
    this.rounds = rounds;
  }

  @Override
  public String title() {
    return calls.size() + " " + what + ", one by one and as a plan";
  }

  @Override
  public List<String> checks() {
    return List.of();
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    FanOut.Run alone = calls.sequential(run + "-sequential-1", progress);
    progress.advance(0, 0, "as one plan");
    FanOut.Run together = calls.parallel(parallelRun(1));
    for (int round = 2; round <= rounds; round++) {
      alone = FanOut.Run.faster(alone, calls.sequential(run + "-sequential-" + round, progress));
      progress.advance(0, 0, "as one plan");
      together = FanOut.Run.faster(together, calls.parallel(parallelRun(round)));
    }
    sequential = alone;
    parallel = together;
    Map.Entry<String, FanOut.Answer> slowest = alone.slowest();
    findings.timing(
        what + ", one by one",
        alone.elapsed(),
        "CPU %s, longest: %s, %.0f ms"
            .formatted(time(alone.cpu()), slowest.getKey(), slowest.getValue().runMillis()));
    findings.timing(
        what + ", parallel",
        together.elapsed(),
        "CPU %s, %s as fast, fan-out %d"
            .formatted(time(together.cpu()), times(speedUp()), calls.size()));
    alone.answers().forEach((name, answer) -> findings.result(name, answer.output()));
    return "%s one by one, %s as a plan: %s"
        .formatted(time(alone.elapsed()), time(together.elapsed()), times(speedUp()));
  }

  /** What is called. */
  String what() {
    return what;
  }

  /** The name of the first parallel run, under which its answers lie in the cache. */
  String parallelRun() {
    return parallelRun(1);
  }

  private String parallelRun(int round) {
    return run + "-parallel-" + round;
  }

  /** The calls. */
  FanOut calls() {
    return calls;
  }

  /**
   * The parallel run.
   *
   * @throws DemoException if it failed
   */
  FanOut.Run parallel() {
    FanOut.Run made = parallel;
    if (made == null) {
      throw new DemoException("the parallel run of the " + what + " failed", null);
    }
    return made;
  }

  /**
   * How many times as fast the plan was.
   *
   * @throws DemoException if a run failed
   */
  double speedUp() {
    FanOut.Run alone = sequential;
    if (alone == null) {
      throw new DemoException("the runs of the " + what + " failed", null);
    }
    return ratio(alone.elapsed(), parallel().elapsed());
  }
}
