package io.millrace.benchmarks.scaling;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;

/** What requests go through while a policy's replicas serve them: who is later than the target. */
interface Waiting {
  /**
   * Serves one window, the next.
   *
   * @param replicas that serve in it
   * @return how it went
   */
  Served serve(int replicas);

  /**
   * How a window went.
   *
   * @param requests that arrived in the window
   * @param late how many of them were, or are bound to be, late
   * @param queued waiting at its end
   */
  record Served(double requests, double late, double queued) {}

  /**
   * Where only rates are known: requests flow evenly within a window, and wait for what was there
   * before them. Steps of a sixtieth of a window.
   */
  final class Flow implements Waiting {
    private static final int STEPS = 60;

    private final double[] rates;
    private final double seconds;
    private final double replicaRps;
    private final double patience;
    private double queued;
    private int window;

    /**
     * @param seconds of a window
     * @param patience seconds that a request may wait and still be in time
     */
    Flow(double[] rates, double seconds, double replicaRps, double patience) {
      this.rates = rates;
      this.seconds = seconds;
      this.replicaRps = replicaRps;
      this.patience = patience;
    }

    @Override
    public Served serve(int replicas) {
      double step = seconds / STEPS;
      double capacity = replicas * replicaRps;
      double rate = rates[window++];
      double late = 0;
      for (int i = 0; i < STEPS; i++) {
        if (queued > patience * capacity) {
          late += rate * step;
        }
        queued = Math.max(0, queued + (rate - capacity) * step);
      }
      return new Served(rate * seconds, late, queued);
    }
  }

  /**
   * Where arrivals are known: first come, first served, by as many servers as the replicas have
   * slots; a replica that is taken away ends what it serves.
   */
  final class Queue implements Waiting {
    private final double[] arrivals;
    private final double seconds;
    private final int slots;
    private final double occupancy;
    private final double service;
    private final double target;
    private final double[] weights;
    private final Deque<Integer> queue = new ArrayDeque<>();
    private final PriorityQueue<Double> busy = new PriorityQueue<>();
    private int next;
    private int window;

    /**
     * @param seconds of a window
     * @param slots of a replica
     * @param occupancy seconds that a request keeps a slot
     * @param service seconds that it takes when it waits for nothing
     * @param target seconds within which it is to be answered
     * @param weights of each request on both; empty: 1
     */
    Queue(
        double[] arrivals,
        double seconds,
        int slots,
        double occupancy,
        double service,
        double target,
        double[] weights) {
      this.arrivals = arrivals;
      this.seconds = seconds;
      this.slots = slots;
      this.occupancy = occupancy;
      this.service = service;
      this.target = target;
      this.weights = weights;
    }

    private double weight(int request) {
      return weights.length == 0 ? 1 : weights[request];
    }

    @Override
    public Served serve(int replicas) {
      double now = window * seconds;
      double end = ++window * seconds;
      int servers = replicas * slots;
      int requests = 0;
      int late = 0;
      while (true) {
        late += start(now, servers);
        double arrival = next < arrivals.length ? arrivals[next] : Double.POSITIVE_INFINITY;
        Double ended = busy.peek();
        double event = Math.min(arrival, ended == null ? Double.POSITIVE_INFINITY : ended);
        if (event >= end) {
          return new Served(requests, late, queue.size());
        }
        now = Math.max(now, event);
        if (arrival <= now) {
          queue.addLast(next);
          next++;
          requests++;
        }
        while (!busy.isEmpty() && busy.peek() <= now) {
          busy.poll();
        }
      }
    }

    /** Starts what can start; says how many of that are late. */
    private int start(double now, int servers) {
      int late = 0;
      while (busy.size() < servers && !queue.isEmpty()) {
        int request = queue.removeFirst();
        if (now - arrivals[request] > target - service * weight(request)) {
          late++;
        }
        busy.add(now + occupancy * weight(request));
      }
      return late;
    }
  }
}
