package io.millrace.topologies.scaling.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides how many replicas one pool is to have, window by window.
 *
 * <p>The forecast for the window in which a decision takes effect, with its headroom, gives the
 * rate to provide for; the replicas must carry that rate, and keep the wait of what is expected
 * within the objective, by as much as expectations err ({@link Staffing}). Where more replicas keep
 * nearly all in time it gets these, as long as a rule of utilisation would cost no less ({@link
 * Allowance}). When arrivals are twice what the replicas can carry, the newest arrivals alone count
 * and nothing is taken away (panic); for a minute after that no less than what came is provided
 * for. Fewer replicas are put off until no decision wanted more for as long as it takes to have
 * them back, at most for the cool-down: to give up early what would soon be needed again costs no
 * more than that time (the rule of renting skis, A. R. Karlin et al., "Competitive Snoopy Caching",
 * Algorithmica 3, 1988).
 */
public final class PoolScaler {
  private static final double PANIC = 2;

  /** Share of those that may be late that is aimed at: noise takes the rest. */
  private static final double LATE_AIM = 0.3;

  /** Share of those that may be late where replicas beyond the objective buy that. */
  private static final double LATE_RARELY = 1e-5;

  /** So long after a panic at least what came is provided for: forecasts do not know it yet. */
  private static final int ALARMED_WINDOWS = 6;

  /** Where the objective leaves no time to wait, an operation may still wait a tenth of its own. */
  private static final double WAIT_SHARE_MIN = 0.1;

  /** So many missing windows are taken to have been like the one before them. */
  private static final long FILLED_MAX = 30;

  /** So much more or less than there is already is no reason for a change. */
  private static final double TOLERANCE = 0.1;

  private static final int WANTED_KEPT = 512;
  private static final long NOT_YET = Long.MIN_VALUE;

  private final ScalingRules rules;
  private final Duration window;
  private final Forecasts forecasts;
  private final Headroom headroom;
  private final Spread spread;
  private final UtilisationRule rule;
  private final Allowance allowance = new Allowance();
  private final Deque<Double> wanted = new ArrayDeque<>();
  private final Deque<Double> expected = new ArrayDeque<>();
  private double serviceMs;
  private double carried;
  private double replicas;
  private long idle;
  private long alarmed;
  private long number = NOT_YET;
  private double rate;

  /**
   * @param window length of a window, 1 s or longer
   * @param forecasts made for {@link ScalingRules#lead}
   * @param headroom made for the same
   */
  public PoolScaler(ScalingRules rules, Duration window, Forecasts forecasts, Headroom headroom) {
    this.rules = rules;
    this.window = window;
    this.forecasts = forecasts;
    this.headroom = headroom;
    this.spread = new Spread(rules.lead(window), window.toMillis() / 1e3);
    this.rule = new UtilisationRule(window, rules.slots());
  }

  /** The scaler of a pool as it runs in operations. */
  public static PoolScaler of(ScalingRules rules, Duration window) {
    int lead = rules.lead(window);
    return new PoolScaler(
        rules, window, Forecasts.all(Seasons.of(window), lead), new Headroom(lead, true));
  }

  /**
   * Takes what the next window was like and decides.
   *
   * @param seen its number is the former one's plus one; a few that are missing in between are
   *     taken to have been like the former, and where the clock jumped it just goes on
   */
  public Scaling next(PoolWindow seen) {
    if (seen.serviceMs() > 0) {
      serviceMs = seen.serviceMs();
    }
    fill(seen.number());
    number = seen.number();
    rate = seen.perSecond();
    Forecasts.Forecast forecast = forecasts.next(number, rate);
    double deviation = spread.next(rate, forecast.expected());
    boolean knew = headroom.knows();
    double provided = provided(forecast);
    if (!knew && headroom.knows()) {
      // What was provided while nothing was known is no reason to go on with it.
      wanted.clear();
    }
    double seconds = window.toMillis() / 1e3;
    double now = rate + seen.queued() / seconds;
    boolean panic = carried > 0 && now > PANIC * carried;
    alarmed = panic ? ALARMED_WINDOWS : Math.max(0, alarmed - 1);
    double most = Math.max(provided, alarmed > 0 ? now : 0) + seen.queued() / seconds;
    double perReplica = perReplica();
    double throughput = most / perReplica / tolerance();
    double latency = forLatency(forecast.expected(), deviation, seen.variability(), late());
    double need = Math.max(throughput, latency);
    double held = largest(wanted, need);
    double comfort =
        Math.min(
            forLatency(
                forecast.expected(), deviation, seen.variability(), Math.min(LATE_RARELY, late())),
            allowance.next(rule.next(seen), largest(expected, forecast.expected()) / perReplica));
    double having = Math.max(held, steady(comfort));
    idle = rate > 0 ? 0 : seen.busy() ? Math.min(0, idle) : idle + 1;
    boolean asleep = rules.toZero() && idle >= coolDownWindows();
    double bounded =
        Math.max(
            fewest(),
            Math.min(rules.max(), panic ? Math.max(having, carried / perReplica) : having));
    double exact = asleep ? 0 : bounded;
    int whole = (int) Math.ceil(exact - 1e-9);
    allowance.spent(exact);
    replicas = exact;
    carried = serviceMs > 0 ? exact * perReplica : 0;
    ScalingReasons why = new ScalingReasons(need, held, having, exact, latency > throughput, panic);
    return new Scaling(
        whole,
        exact,
        rate,
        forecast.expected(),
        most,
        forecast.trusted(),
        serviceMs,
        panic,
        why.reason(rate, forecast, most),
        why.rejected(whole),
        why.rejectedReason(),
        forecasts.faults());
  }

  /** Operations a second that a replica carries; without an end while none has ended yet. */
  private double perReplica() {
    return serviceMs > 0 ? rules.slots() * 1e3 / serviceMs : Double.POSITIVE_INFINITY;
  }

  /** What there is at least while there is work; none only after the cool-down. */
  private int fewest() {
    return Math.max(1, rules.min());
  }

  /**
   * A pool that has no replicas by decision, and may have none, goes on having none until {@link
   * #wake}.
   */
  void sleep() {
    idle = Math.max(idle, coolDownWindows());
  }

  /**
   * A pool without replicas is asked for: it gets its fewest at once, until they have had the time
   * to start and then nothing to do for the cool-down. From there {@link #next} goes on.
   */
  Scaling wake() {
    idle = -lead();
    return stay(0, "it is asked for and has no workers");
  }

  /**
   * Nothing is known of the load: what was decided stays, within its bounds.
   *
   * @param decided replicas
   * @param reason for people
   */
  Scaling stay(int decided, String reason) {
    int count = Math.max(fewest(), Math.min(rules.max(), decided));
    replicas = count;
    carried = serviceMs > 0 ? count * perReplica() : 0;
    return new Scaling(count, count, 0, 0, 0, "", serviceMs, false, reason, -1, "", List.of());
  }

  private void fill(long next) {
    long missing = number == NOT_YET ? 0 : next - number - 1;
    if (missing > FILLED_MAX) {
      forecasts.skip();
      headroom.skip();
      spread.skip();
    }
    for (long i = 1; i <= missing && missing <= FILLED_MAX; i++) {
      Forecasts.Forecast forecast = forecasts.next(number + i, rate);
      spread.next(rate, forecast.expected());
      provided(forecast);
    }
  }

  private double provided(Forecasts.Forecast forecast) {
    return headroom.next(rate, forecast.highest());
  }

  /**
   * Passes what it has learnt through a memory.
   *
   * @throws IllegalArgumentException if it is read and is of another start-up time, or not of a
   *     scaler
   */
  public void remember(Memory memory) {
    long lead = memory.count(lead());
    if (lead != lead()) {
      throw new IllegalArgumentException("looks %d windows ahead, not %d".formatted(lead, lead()));
    }
    forecasts.remember(memory);
    headroom.remember(memory);
    spread.remember(memory);
    rule.remember(memory);
    allowance.remember(memory);
    memory.lastNumbers(wanted, WANTED_KEPT);
    memory.lastNumbers(expected, WANTED_KEPT);
    serviceMs = memory.number(serviceMs);
    carried = memory.number(carried);
    replicas = memory.number(replicas);
    idle = memory.count(idle);
    alarmed = memory.count(alarmed);
    number = memory.count(number);
    rate = memory.number(rate);
  }

  /**
   * Looks at what came since a window began: a burst need not wait for its end.
   *
   * @return a decision in panic, which {@link #next} will go on from; null: no panic
   */
  public @Nullable Scaling glance(PoolWindow seen) {
    if (seen.serviceMs() > 0) {
      serviceMs = seen.serviceMs();
    }
    double now = seen.perSecond();
    if (carried <= 0 || serviceMs <= 0 || now <= PANIC * carried) {
      return null;
    }
    double perReplica = perReplica();
    double need = now / perReplica;
    alarmed = ALARMED_WINDOWS + 1;
    wanted.addLast(need);
    double exact = Math.max(fewest(), Math.min(rules.max(), need));
    carried = exact * perReplica;
    replicas = exact;
    int rejected = (int) Math.ceil(Math.min(Integer.MAX_VALUE, need));
    int whole = (int) Math.ceil(exact);
    return new Scaling(
        whole,
        exact,
        now,
        now,
        now,
        "last-value",
        serviceMs,
        true,
        String.format(
            Locale.ROOT,
            "%.1f/s came within the window, more than twice what its replicas carry: the newest"
                + " arrivals decide",
            now),
        rejected == whole ? -1 : rejected,
        rejected == whole ? "" : "more than its maximum allows",
        List.of());
  }

  /** What is there already, if that is about as much. */
  private double steady(double comfort) {
    return Math.abs(comfort - replicas) <= TOLERANCE * replicas ? replicas : comfort;
  }

  /** Share of those that may be late that is aimed at. */
  private double late() {
    return LATE_AIM * (1 - rules.quantile());
  }

  /**
   * Exact replicas with which no larger share is late.
   *
   * @param expected arrivals per second
   * @param deviation of them, standard deviation
   */
  private double forLatency(double expected, double deviation, double variability, double late) {
    if (serviceMs <= 0) {
      return 0;
    }
    double wait = Math.max(WAIT_SHARE_MIN * serviceMs, rules.objective().toMillis() - serviceMs);
    double servers =
        Staffing.servers(
            expected * serviceMs / 1e3,
            deviation * serviceMs / 1e3,
            variability,
            wait / serviceMs,
            late);
    return servers / rules.slots();
  }

  /**
   * How much more than its capacity may come without anyone being late: what is too much is worked
   * off within the time that the objective leaves for waiting, and grows until a decision on it
   * takes effect.
   */
  private double tolerance() {
    double patience = Math.max(0, rules.objective().toMillis() - serviceMs);
    return serviceMs > 0 ? 1 + Math.min(1, patience / window.toMillis()) / lead() : 1;
  }

  private long coolDownWindows() {
    return Math.max(1, rules.coolDown().toMillis() / window.toMillis());
  }

  /** Adds a value and gives the largest of those that still count: fewer replicas are put off. */
  private double largest(Deque<Double> values, double value) {
    values.addLast(value);
    while (values.size() > Math.min(coolDownWindows(), lead())) {
      values.removeFirst();
    }
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(value);
  }

  /** Windows from one that was seen to the first that a decision on it can serve. */
  public int lead() {
    return rules.lead(window);
  }
}
