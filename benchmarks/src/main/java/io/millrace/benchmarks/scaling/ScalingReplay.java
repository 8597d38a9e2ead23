package io.millrace.benchmarks.scaling;

import io.millrace.topologies.scaling.logic.Forecasts;
import io.millrace.topologies.scaling.logic.LastValue;
import io.millrace.topologies.scaling.logic.PoolScaler;
import io.millrace.topologies.scaling.logic.PoolWindow;
import io.millrace.topologies.scaling.logic.ScalingRules;
import io.millrace.topologies.scaling.logic.Seasons;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs policies of scaling over a trace in virtual time: the first half teaches, the second half
 * counts.
 *
 * <p>Window t gets the replicas that were decided from the windows up to t - lead. Until the first
 * decision takes effect there are as many as the peak of the first half needs.
 */
public final class ScalingReplay {
  /** Share by which a window counts beside the next one, as in the pool's meter. */
  private static final double OF_LATE = 0.9;

  private static final List<Integer> HORIZONS = List.of(10, 30, 60);

  private final Trace trace;
  private final Settings settings;
  private final Consumer<String> progress;
  private final double peak;
  private final int half;
  private final double[] occupancyMs;
  private final double[] variability;

  /**
   * What is assumed.
   *
   * @param leadWindows windows ahead that a decision serves at the earliest, 1 or more
   * @param startUp added to that, rounded up to whole windows
   * @param replicaRps requests per second that one replica can serve
   * @param serviceMs time that a request takes when it waits for nothing
   * @param targetMs latency that is aimed at
   * @param quantile of the latency that is to meet it
   * @param coolDown of the policy millrace
   * @param byTokens whether a request takes its time in proportion to its context tokens
   */
  public record Settings(
      int leadWindows,
      Duration startUp,
      double replicaRps,
      double serviceMs,
      double targetMs,
      double quantile,
      Duration coolDown,
      boolean byTokens) {}

  /**
   * How a policy did in the second half.
   *
   * @param costRatio mean of its exact capacity ÷ the peak rate of the first half; null where
   *     nothing came in that
   * @param windowsShortPct windows whose rate was more than its exact capacity
   * @param latePct requests whose latency was over the target, with whole replicas
   * @param scaleEvents windows in which it had another number of whole replicas than before
   * @param replicaHours of whole replicas
   */
  public record Outcome(
      @Nullable Double costRatio,
      double windowsShortPct,
      double latePct,
      int scaleEvents,
      double replicaHours) {}

  /**
   * What came out.
   *
   * @param policies by name
   * @param forecast {@code wape_pct} by minutes by forecaster; null where the trace is too short or
   *     no whole number of windows makes the minutes
   * @param windows of the trace
   * @param gapWindows of them that were missing
   * @param leadWindows the whole lead
   */
  public record Report(
      Map<String, Outcome> policies,
      Map<String, Map<String, @Nullable Map<String, Double>>> forecast,
      int windows,
      int gapWindows,
      int leadWindows) {}

  /**
   * @param progress gets a line at each step
   */
  public ScalingReplay(Trace trace, Settings settings, Consumer<String> progress) {
    this.trace = trace;
    this.settings = settings;
    this.progress = progress;
    this.half = trace.rates().length / 2;
    this.occupancyMs = occupancies();
    this.variability = variabilities();
    this.peak = Arrays.stream(trace.rates(), 0, half).max().orElse(0);
  }

  /** Runs all policies and forecasts. */
  public Report run() {
    Duration window = trace.window();
    ScalingRules rules = rules();
    int lead = rules.lead(window);
    Map<String, Outcome> policies = new LinkedHashMap<>();
    policies.put("millrace", run("millrace", Policy.of(PoolScaler.of(rules, window)), lead));
    policies.put(
        "persistence", run("persistence", Policy.persistence(lead, settings.replicaRps()), lead));
    policies.put("reactive", run("reactive", Policy.reactive(window, slots()), lead));
    policies.put("oracle", run("oracle", seen -> seen.perSecond() / settings.replicaRps(), 0));
    Map<String, @Nullable Map<String, Double>> wape = new LinkedHashMap<>();
    for (int minutes : HORIZONS) {
      progress.accept("forecasting %d minutes ahead".formatted(minutes));
      wape.put(Integer.toString(minutes), wape(minutes));
    }
    return new Report(policies, Map.of("wape_pct", wape), trace.rates().length, trace.gaps(), lead);
  }

  private double seconds() {
    return trace.window().toMillis() / 1e3;
  }

  private int slots() {
    return (int) Math.max(1, Math.round(settings.replicaRps() * settings.serviceMs() / 1e3));
  }

  /** How long a request keeps a slot, milliseconds, so that a replica serves as many as it can. */
  private double occupancyMs() {
    return slots() * 1e3 / settings.replicaRps();
  }

  /** The mean of what came in each window; of one without requests that of the one before. */
  private double[] occupancies() {
    double[] means = new double[trace.rates().length];
    Arrays.fill(means, occupancyMs());
    if (!settings.byTokens()) {
      return means;
    }
    double[] sums = new double[means.length];
    int[] counts = new int[means.length];
    for (int i = 0; i < trace.arrivals().length; i++) {
      int window = Math.min(means.length - 1, (int) (trace.arrivals()[i] / seconds()));
      sums[window] += trace.weights()[i];
      counts[window]++;
    }
    for (int t = 0; t < means.length; t++) {
      double before = t == 0 ? occupancyMs() : means[t - 1];
      means[t] = counts[t] == 0 ? before : occupancyMs() * sums[t] / counts[t];
    }
    return means;
  }

  /** As the pool's meter has it: arrivals by chance, and by how much the times of late differ. */
  private double[] variabilities() {
    double[] of = new double[trace.rates().length];
    double[] counts = new double[of.length];
    double[] sums = new double[of.length];
    double[] squares = new double[of.length];
    for (int i = 0; settings.byTokens() && i < trace.arrivals().length; i++) {
      int window = Math.min(of.length - 1, (int) (trace.arrivals()[i] / seconds()));
      counts[window]++;
      sums[window] += trace.weights()[i];
      squares[window] += trace.weights()[i] * trace.weights()[i];
    }
    double count = 0;
    double sum = 0;
    double square = 0;
    for (int t = 0; t < of.length; t++) {
      count = OF_LATE * count + counts[t];
      sum = OF_LATE * sum + sums[t];
      square = OF_LATE * square + squares[t];
      of[t] = sum > 0 ? count * square / (sum * sum) / 2 : 0.5;
    }
    return of;
  }

  private ScalingRules rules() {
    double patience = settings.targetMs() - settings.serviceMs();
    Duration lead =
        settings.startUp().plus(trace.window().multipliedBy(settings.leadWindows() - 1L));
    return new ScalingRules(
        1,
        Integer.MAX_VALUE,
        false,
        Duration.ofMillis(Math.round(occupancyMs() + patience)),
        settings.quantile(),
        lead,
        settings.coolDown(),
        slots(),
        0);
  }

  private Waiting waiting() {
    double patience = (settings.targetMs() - settings.serviceMs()) / 1e3;
    return trace.arrivals().length == 0
        ? new Waiting.Flow(trace.rates(), seconds(), settings.replicaRps(), patience)
        : new Waiting.Queue(
            trace.arrivals(),
            seconds(),
            slots(),
            occupancyMs() / 1e3,
            settings.serviceMs() / 1e3,
            settings.targetMs() / 1e3,
            settings.byTokens() ? trace.weights() : new double[0]);
  }

  private Outcome run(String name, Policy policy, int lead) {
    progress.accept("replaying " + name);
    double[] rates = trace.rates();
    double[] exact = new double[rates.length + lead];
    Arrays.fill(exact, peak / settings.replicaRps());
    Waiting waiting = waiting();
    double cost = 0;
    int shortWindows = 0;
    double requests = 0;
    double late = 0;
    double replicaHours = 0;
    int events = 0;
    double queued = 0;
    int before = 0;
    for (int t = 0; t < rates.length; t++) {
      if (lead == 0) {
        exact[t] = policy.next(window(t, queued));
      }
      int replicas = (int) Math.ceil(exact[t] - 1e-9);
      Waiting.Served served = waiting.serve(replicas);
      queued = served.queued();
      if (t >= half) {
        cost += exact[t] * settings.replicaRps();
        shortWindows += rates[t] > exact[t] * settings.replicaRps() * (1 + 1e-12) ? 1 : 0;
        requests += served.requests();
        late += served.late();
        replicaHours += replicas * seconds() / 3_600;
        events += replicas == before ? 0 : 1;
      }
      before = replicas;
      if (lead > 0) {
        exact[t + lead] = policy.next(window(t, queued));
      }
    }
    int counted = rates.length - half;
    return new Outcome(
        peak == 0 ? null : cost / counted / peak,
        100.0 * shortWindows / counted,
        requests == 0 ? 0 : 100 * late / requests,
        events,
        replicaHours);
  }

  private PoolWindow window(int index, double queued) {
    return new PoolWindow(
        trace.firstWindow() + index,
        trace.rates()[index],
        occupancyMs[index],
        variability[index],
        queued,
        trace.rates()[index] > 0);
  }

  private @Nullable Map<String, Double> wape(int minutes) {
    long horizon = minutes * 60_000L;
    long step = trace.window().toMillis();
    double[] rates = trace.rates();
    if (horizon % step != 0 || horizon / step >= half) {
      return null;
    }
    int lead = (int) (horizon / step);
    Map<String, Double> errors = new LinkedHashMap<>();
    errors.put("millrace", wape(Forecasts.all(Seasons.of(trace.window()), lead), lead));
    errors.put("persistence", wape(new Forecasts(lead, List.of(LastValue::new)), lead));
    return Arrays.stream(rates, half, rates.length).sum() == 0 ? null : errors;
  }

  /** Sum of absolute errors ÷ sum of rates, over the second half, percent. */
  private double wape(Forecasts forecasts, int lead) {
    double[] rates = trace.rates();
    double missed = 0;
    double sum = 0;
    for (int t = 0; t + lead < rates.length; t++) {
      double expected = forecasts.next(trace.firstWindow() + t, rates[t]).expected();
      if (t + lead >= half) {
        missed += Math.abs(rates[t + lead] - expected);
        sum += rates[t + lead];
      }
    }
    return 100 * missed / sum;
  }
}
