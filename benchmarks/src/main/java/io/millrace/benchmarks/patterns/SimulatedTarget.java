package io.millrace.benchmarks.patterns;

import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.topologies.health.logic.HealthFold;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A target in virtual time: a queue with servers, in front of it a dispatch that times out and
 * tries again; every attempt is folded by the production {@link HealthFold}.
 *
 * <p>A server that works on an attempt nobody waits for any more goes on until it is done, as real
 * ones do.
 */
final class SimulatedTarget {
  /** Says whom an operation calls while it runs, and with what chance. */
  record Callee(SimulatedTarget target, double chance) {}

  private enum Step {
    ARRIVE,
    RETRY,
    FINISH,
    END
  }

  private static final class Operation {
    final String conversation;
    final double arrivedAt;
    final HealthFold fold;
    final long probeEpoch;
    int attempts;

    Operation(String conversation, double arrivedAt, HealthFold fold, long probeEpoch) {
      this.conversation = conversation;
      this.arrivedAt = arrivedAt;
      this.fold = fold;
      this.probeEpoch = probeEpoch;
    }
  }

  private static final class Run {
    final Operation operation;
    final double sentAt;
    double runFrom;
    boolean ended;

    Run(Operation operation, double sentAt) {
      this.operation = operation;
      this.sentAt = sentAt;
    }
  }

  private record Event(double at, Step step, Operation operation, @Nullable Run run, Outcome end) {}

  final String name;
  final TargetShape shape;
  final Course course = new Course();
  final List<Callee> callees = new ArrayList<>();
  private final Random random;
  private final List<HealthFold> folds;
  private final Talks talks;
  private final long startMillis;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingDouble(Event::at));
  private final Deque<Run> queue = new ArrayDeque<>();
  private final long[] probed;
  private int busy;
  private int inFlight;
  private long operations;
  private double nextArrival;
  private boolean open;
  private long probeEpoch;

  SimulatedTarget(
      String name,
      TargetShape shape,
      List<HealthFold> folds,
      Talks talks,
      long startMillis,
      Random random) {
    this.name = name;
    this.shape = shape;
    this.folds = folds;
    this.talks = talks;
    this.startMillis = startMillis;
    this.random = random;
    this.probed = new long[folds.size()];
  }

  /**
   * What dispatch knows of its circuit from now on.
   *
   * @param epoch of the probes to let through; 0: none
   */
  void circuit(boolean isOpen, long epoch) {
    open = isOpen;
    probeEpoch = epoch;
  }

  /** Whether its circuit is not closed. */
  boolean isHeldBack() {
    return open;
  }

  /** An operation arrives. */
  void call(String conversation, double at) {
    events.add(new Event(at, Step.ARRIVE, operation(conversation, at, 0), null, Outcome.UNKNOWN));
  }

  /** Lets a second pass. */
  void pass(double second) {
    double rate = shape.ratePerSecond() * course.load(second);
    nextArrival = Math.max(nextArrival, second);
    while (rate > 0 && (nextArrival += -Math.log(1 - random.nextDouble()) / rate) < second + 1) {
      call(name + "#" + operations++, nextArrival);
    }
    nextArrival = Math.min(nextArrival, second + 1);
    for (Event next = events.peek(); next != null && next.at < second + 1; next = events.peek()) {
      events.remove();
      take(next);
    }
  }

  private Operation operation(String conversation, double at, long epoch) {
    return new Operation(conversation, at, folds.get(random.nextInt(folds.size())), epoch);
  }

  private void take(Event event) {
    switch (event.step) {
      case ARRIVE -> arrive(event.operation, event.at);
      case RETRY -> send(event.operation, event.at);
      case FINISH -> {
        busy--;
        if (event.run != null && !event.run.ended) {
          end(event.run, event.end, event.at);
        }
        serve(event.at);
      }
      case END -> {
        if (event.run != null && !event.run.ended) {
          end(event.run, event.end, event.at);
        }
      }
    }
  }

  private void arrive(Operation arriving, double at) {
    Operation operation = arriving;
    if (open) {
      int fold = folds.indexOf(arriving.fold);
      if (probeEpoch == 0 || probed[fold] >= probeEpoch) {
        return;
      }
      probed[fold] = probeEpoch;
      operation = new Operation(arriving.conversation, at, arriving.fold, probeEpoch);
    }
    if (inFlight >= shape.inFlightMax()) {
      operation.fold.refused(name, TargetKind.TOOL, millis(at));
      return;
    }
    inFlight++;
    for (Callee callee : callees) {
      if (random.nextDouble() < callee.chance) {
        callee.target.call(operation.conversation, at + 0.001);
      }
    }
    send(operation, at);
  }

  private void send(Operation operation, double at) {
    operation.attempts++;
    operation.fold.sent(name, TargetKind.TOOL, operation.attempts > 1, millis(at));
    Run run = new Run(operation, at);
    run.runFrom = at;
    queue.add(run);
    if (shape.queueInside()) {
      events.add(new Event(at + shape.timeoutSeconds(), Step.END, operation, run, Outcome.TIMEOUT));
    }
    serve(at);
  }

  private void serve(double at) {
    while (busy < shape.servers() && !queue.isEmpty()) {
      Run run = queue.remove();
      busy++;
      if (!shape.queueInside()) {
        run.runFrom = at;
      }
      double service = service(at);
      boolean fails = random.nextDouble() < shape.failing() + course.failing(at);
      Outcome end = fails ? course.failure() : Outcome.OK;
      if (end == Outcome.TIMEOUT) {
        service = shape.timeoutSeconds();
      }
      double left = run.runFrom + shape.timeoutSeconds() - at;
      if (end == Outcome.TIMEOUT || service > left) {
        events.add(
            new Event(at + Math.max(0, left), Step.END, run.operation, run, Outcome.TIMEOUT));
      }
      events.add(new Event(at + service, Step.FINISH, run.operation, run, end));
    }
  }

  private double service(double at) {
    double service =
        shape.serviceSeconds()
            * course.service(at)
            * Math.exp(shape.spread() * random.nextGaussian());
    // One in a hundred is of a heavy tail: Pareto with index 1.5.
    return random.nextInt(100) == 0
        ? service * Math.min(30, Math.pow(1 - random.nextDouble(), -1 / 1.5))
        : service;
  }

  private void end(Run run, Outcome outcome, double at) {
    run.ended = true;
    Operation operation = run.operation;
    boolean again =
        outcome != Outcome.OK
            && operation.attempts < shape.attemptsMax()
            && operation.probeEpoch == 0
            && !open;
    operation.fold.add(
        name,
        TargetKind.TOOL,
        outcome,
        outcome == Outcome.OK ? "" : outcome.name(),
        1_000 * (at - run.runFrom),
        100,
        100,
        0,
        operation.probeEpoch,
        millis(at));
    operation.fold.flown(
        name, TargetKind.TOOL, outcome == Outcome.TIMEOUT, millis(run.sentAt), millis(at));
    if (again) {
      double pause = 0.05 * (1 << operation.attempts) * (0.5 + random.nextDouble());
      events.add(new Event(at + pause, Step.RETRY, operation, null, Outcome.UNKNOWN));
    } else {
      inFlight--;
      talks.ended(
          operation.conversation,
          name,
          millis(operation.arrivedAt),
          millis(at),
          other -> operation.fold.restsOn(name, TargetKind.TOOL, other, millis(at)));
    }
  }

  private long millis(double second) {
    return startMillis + (long) (second * 1_000);
  }
}
