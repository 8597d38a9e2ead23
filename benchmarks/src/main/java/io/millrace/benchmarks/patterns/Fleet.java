package io.millrace.benchmarks.patterns;

import io.millrace.events.FailurePattern;
import io.millrace.events.Outcome;
import io.millrace.topologies.health.logic.HealthFold;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Targets with the noise of every day, and the failures and look-alikes put into them.
 *
 * <p>Every day's noise: load that follows a day's sine and comes in bursts, rates from one call in
 * ten seconds to forty a second, heavy-tailed latencies, up to 2 % of failures, calls among targets
 * that share conversations. Each failure is made from what its name means, with strength, onset and
 * length at random, and long enough that some twenty attempts show it.
 */
final class Fleet {
  /** Length of a run, seconds. */
  static final int SECONDS = 3 * 3_600;

  private static final double EARLIEST = 2_400;
  private static final double LATEST = 6_600;
  private static final double DAY = 86_400;

  private final Random random;
  private final List<HealthFold> folds;
  private final Talks talks = new Talks();
  private final long startMillis;
  private final List<SimulatedTarget> targets = new ArrayList<>();
  private final List<Injection> injections = new ArrayList<>();

  private Fleet(Random random, List<HealthFold> folds, long startMillis) {
    this.random = random;
    this.folds = folds;
    this.startMillis = startMillis;
  }

  /** A fleet in which nothing goes wrong. */
  static Fleet quiet(Random random, List<HealthFold> folds, long startMillis) {
    Fleet fleet = new Fleet(random, folds, startMillis);
    for (int i = 0; i < 12; i++) {
      fleet.roomy("quiet-" + i, 0.1, 40);
    }
    fleet.acquaint(fleet.targets);
    return fleet;
  }

  /** A fleet with each failure pattern once, and look-alikes of them. */
  static Fleet ill(Random random, List<HealthFold> folds, long startMillis) {
    Fleet fleet = new Fleet(random, folds, startMillis);
    fleet.cascading();
    fleet.persistent();
    fleet.intermittent();
    fleet.timeoutSpiral();
    fleet.slowDegradation();
    fleet.saturation();
    List<SimulatedTarget> bystanders = new ArrayList<>();
    bystanders.add(fleet.busier());
    bystanders.add(fleet.deployed());
    bystanders.add(fleet.seldomFailing());
    bystanders.add(fleet.restarted());
    bystanders.add(fleet.roomy("plain-0", 0.1, 40));
    bystanders.add(fleet.roomy("plain-1", 0.1, 40));
    fleet.acquaint(bystanders);
    return fleet;
  }

  /** Callers before those they call. */
  List<SimulatedTarget> targets() {
    return targets;
  }

  List<Injection> injections() {
    return injections;
  }

  // ---- failures

  private void persistent() {
    SimulatedTarget target = failing("persistent");
    double share = between(0.7, 1);
    double from = onset();
    double to = from + Math.max(between(180, 1_200), enough(20, share, target));
    target.course.addFailing(Course.during(from, to, share, 0));
    injected(target, FailurePattern.PERSISTENT, target, from, to);
  }

  private void intermittent() {
    SimulatedTarget target = failing("intermittent");
    double from = onset();
    double to;
    if (random.nextBoolean()) {
      double share = between(0.1, 0.35);
      to = from + Math.max(between(600, 1_800), enough(25, share, target));
      target.course.addFailing(Course.during(from, to, share, 0));
    } else {
      double share = between(0.4, 1);
      double on = between(8, 45);
      double off = between(20, 120);
      to = from + Math.max(between(600, 1_800), enough(25, share * on / (on + off), target));
      double at = from;
      while (at < to) {
        double length = on * between(0.7, 1.3);
        target.course.addFailing(Course.during(at, Math.min(to, at + length), share, 0));
        at += length + off * between(0.7, 1.3);
      }
    }
    injected(target, FailurePattern.INTERMITTENT, target, from, to);
  }

  /** A target to fail one way or another. */
  private SimulatedTarget failing(String name) {
    Outcome how = pick(Outcome.TOOL_ERROR, Outcome.TOOL_ERROR, Outcome.LOST, Outcome.TIMEOUT);
    TargetShape shape = shape(logBetween(0.1, 40), logBetween(0.02, 2), attemptsMax(how));
    SimulatedTarget target = add(name, shape);
    target.course.failAs(how);
    return target;
  }

  /** What hangs and is tried again is a spiral of timeouts: here it is not tried again. */
  private int attemptsMax(Outcome how) {
    return how == Outcome.TIMEOUT ? 1 : 1 + random.nextInt(3);
  }

  private void cascading() {
    Outcome how = pick(Outcome.TOOL_ERROR, Outcome.LOST, Outcome.TIMEOUT);
    int length = 3 + random.nextInt(2);
    List<SimulatedTarget> chain = new ArrayList<>();
    double rate = logBetween(0.3, 10);
    double service = logBetween(0.03, 0.3);
    TargetShape[] shapes = new TargetShape[length];
    for (int i = length - 1; i >= 0; i--) {
      // Callers wait for those they call: they take longer, and have more patience.
      double own = i == 0 ? rate : rate * between(0, 0.5);
      shapes[i] = shape(own, service * (length - i) * 2, attemptsMax(how));
      if (i + 1 < length && shapes[i].timeoutSeconds() < shapes[i + 1].timeoutSeconds()) {
        shapes[i] = shapes[i].withTimeout(1.2 * shapes[i + 1].timeoutSeconds());
      }
    }
    for (int i = 0; i < length; i++) {
      chain.add(add("cascading-" + i, shapes[i]));
    }
    for (int i = 0; i + 1 < length; i++) {
      chain.get(i).callees.add(new SimulatedTarget.Callee(chain.get(i + 1), between(0.4, 1)));
    }
    SimulatedTarget root = chain.get(length - 1);
    double share = between(0.75, 1);
    double from = onset();
    double to = from + Math.max(between(240, 900), enough(30, share * 0.5, chain.get(0)));
    double onset = from;
    for (int i = length - 1; i >= 0; i--) {
      SimulatedTarget target = chain.get(i);
      target.course.failAs(how);
      target.course.addFailing(Course.during(onset, to, share, 0));
      injected(
          target,
          i == length - 1 ? FailurePattern.PERSISTENT : FailurePattern.CASCADING,
          root,
          onset,
          to);
      share *= between(0.75, 1);
      onset += between(2, 40);
    }
  }

  private void timeoutSpiral() {
    double service = logBetween(0.05, 0.8);
    double rate = logBetween(3, 30);
    double use = between(0.35, 0.6);
    double timeout = service * between(4, 12);
    int servers = (int) Math.ceil(rate * mean(service, 0.4) / use) + 3;
    double capacity = servers / mean(service, 0.4);
    TargetShape shape =
        new TargetShape(
            rate,
            service,
            0.4,
            servers,
            true,
            timeout,
            3 + random.nextInt(2),
            (int) Math.max(20, capacity * timeout * between(1.5, 8)),
            between(0, 0.01),
            2);
    SimulatedTarget target = add("spiral", shape);
    everyDay(target, 0.15, 1.2);
    double from = onset();
    double to = from + between(240, 900);
    double overload = between(1.15, 2) / (rate * mean(service, 0.4) / servers);
    if (random.nextBoolean()) {
      target.course.multiplyService(Course.during(from, to, overload, 1));
    } else {
      target.course.multiplyLoad(Course.during(from, to, overload, 1));
    }
    injected(target, FailurePattern.TIMEOUT_SPIRAL, target, from, to);
  }

  private void slowDegradation() {
    SimulatedTarget target = roomy("slow", 0.3, 40);
    double from = onset();
    double full = from + between(1_800, 3_600);
    double factor = between(1.6, 4);
    target.course.multiplyService(
        random.nextBoolean()
            ? Course.rising(from, full, Double.MAX_VALUE, factor)
            : second ->
                Math.pow(factor, Math.max(0, Math.min(1, (second - from) / (full - from)))));
    injected(target, FailurePattern.SLOW_DEGRADATION, target, from, full + 600);
  }

  private void saturation() {
    double service = logBetween(0.05, 1);
    double rate = logBetween(1, 30);
    double use = between(0.4, 0.65);
    int servers = (int) Math.ceil(rate * mean(service, 0.4) / use) + 3;
    double capacity = servers / mean(service, 0.4);
    boolean inside = random.nextBoolean();
    int inFlightMax = (int) Math.max(40, capacity * between(5, 60));
    TargetShape shape =
        new TargetShape(
            rate,
            service,
            0.4,
            servers,
            inside,
            inside ? 3 * inFlightMax / capacity + 40 * service : 40 * service,
            2,
            inFlightMax,
            between(0, 0.01),
            0.5);
    SimulatedTarget target = add("saturated", shape);
    everyDay(target, 0.15, 1.2);
    double from = onset();
    double full = from + between(30, 300);
    double to = full + between(240, 900);
    double overload = between(1.2, 2) / (rate * mean(service, 0.4) / servers);
    target.course.multiplyLoad(Course.rising(from, full, to, overload));
    injected(target, FailurePattern.SATURATION, target, from, to);
  }

  // ---- what only looks like one

  private SimulatedTarget busier() {
    SimulatedTarget target = roomy("busier", 0.5, 20);
    double from = onset();
    target.course.multiplyLoad(
        Course.rising(from, from + between(1, 120), from + between(900, 2_400), between(1.8, 2.5)));
    return target;
  }

  private SimulatedTarget deployed() {
    SimulatedTarget target = roomy("deployed", 0.3, 40);
    double from = onset();
    target.course.multiplyService(Course.during(from, Double.MAX_VALUE, between(1.2, 2.2), 1));
    return target;
  }

  private SimulatedTarget seldomFailing() {
    SimulatedTarget target = roomy("seldom-failing", 0.1, 40);
    double from = onset();
    target.course.addFailing(
        Course.during(from, from + between(600, 1_800), between(0.005, 0.025), 0));
    return target;
  }

  private SimulatedTarget restarted() {
    SimulatedTarget target = roomy("restarted", 0.3, 40);
    double from = onset();
    target.course.addFailing(Course.during(from, from + between(4, 20), between(0.5, 1), 0));
    return target;
  }

  // ---- every day

  /** A target with servers to spare. */
  private SimulatedTarget roomy(String name, double rateMin, double rateMax) {
    return add(
        name, shape(logBetween(rateMin, rateMax), logBetween(0.02, 2), 1 + random.nextInt(3)));
  }

  private TargetShape shape(double rate, double service, int attemptsMax) {
    double spread = between(0.25, 0.9);
    double timeout = service * between(12, 60) * Math.exp(spread);
    return new TargetShape(
        rate,
        service,
        spread,
        // Enough for calls that all hang at the highest rate.
        (int) Math.ceil(20 * Math.max(rate, 1) * timeout) + 20,
        random.nextBoolean(),
        timeout,
        attemptsMax,
        1_000_000,
        random.nextBoolean() ? between(0, 0.02) : 0,
        random.nextInt(3) == 0 ? 2 : 0.5);
  }

  private SimulatedTarget add(String name, TargetShape shape) {
    SimulatedTarget target =
        new SimulatedTarget(
            "tool:" + name, shape, folds, talks, startMillis, new Random(random.nextLong()));
    targets.add(target);
    if (!name.startsWith("spiral") && !name.startsWith("saturated")) {
      everyDay(target, 0.5, 3);
    }
    return target;
  }

  private void everyDay(SimulatedTarget target, double swingMax, double burstMax) {
    double phase = between(0, DAY);
    double swing = between(0.1, swingMax);
    target.course.multiplyLoad(s -> 1 + swing * Math.sin(2 * Math.PI * (s + phase) / DAY));
    for (double at = exponential(2_400); at < SECONDS; at += exponential(2_400)) {
      target.course.multiplyLoad(
          Course.during(at, at + between(20, 180), between(1.1, burstMax), 1));
    }
  }

  /** Lets some of them call others, each only ones that come later. */
  private void acquaint(List<SimulatedTarget> some) {
    for (int i = 0; i + 1 < some.size(); i++) {
      if (random.nextBoolean()) {
        SimulatedTarget callee = some.get(i + 1 + random.nextInt(some.size() - i - 1));
        double chance =
            Math.min(1, callee.shape.ratePerSecond() / some.get(i).shape.ratePerSecond());
        some.get(i).callees.add(new SimulatedTarget.Callee(callee, chance * between(0.1, 0.8)));
      }
    }
  }

  private void injected(
      SimulatedTarget target,
      FailurePattern pattern,
      SimulatedTarget blamed,
      double from,
      double to) {
    injections.add(new Injection(target.name, pattern, blamed.name, from, to));
  }

  /** Seconds in which so many attempts fail. */
  private static double enough(int failures, double share, SimulatedTarget target) {
    return failures / share / target.shape.ratePerSecond();
  }

  private static double mean(double median, double spread) {
    return 1.03 * median * Math.exp(spread * spread / 2);
  }

  private double onset() {
    return between(EARLIEST, LATEST);
  }

  private double between(double from, double to) {
    return from + (to - from) * random.nextDouble();
  }

  private double logBetween(double from, double to) {
    return from * Math.pow(to / from, random.nextDouble());
  }

  private double exponential(double mean) {
    return -mean * Math.log(1 - random.nextDouble());
  }

  private Outcome pick(Outcome... of) {
    return of[random.nextInt(of.length)];
  }
}
