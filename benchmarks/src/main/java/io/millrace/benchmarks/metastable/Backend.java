package io.millrace.benchmarks.metastable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;

/**
 * What the tool calls: servers with one queue, exponential service times, and no idea who still
 * waits. What was accepted is run to its end, as with most services over HTTP.
 */
final class Backend {
  private static final int QUEUE_MAX = 20_000;

  private final Shape shape;
  private final Agenda agenda;
  private final Random random;
  private final Deque<Runnable> queue = new ArrayDeque<>();
  private int busy;

  Backend(Shape shape, Agenda agenda, Random random) {
    this.shape = shape;
    this.agenda = agenda;
    this.random = random;
  }

  /**
   * Accepts a run.
   *
   * @param done called when it has ended
   * @return false: the queue is full
   */
  boolean accept(Runnable done) {
    if (busy < shape.servers()) {
      serve(done);
      return true;
    }
    return queue.size() < QUEUE_MAX && queue.add(done);
  }

  private void serve(Runnable done) {
    busy++;
    double speed = shape.speed(agenda.now(), busy + queue.size());
    double millis = -Math.log(1 - random.nextDouble()) * shape.serviceMillis() / speed;
    agenda.after(
        Math.round(millis),
        () -> {
          busy--;
          done.run();
          Runnable next = queue.poll();
          if (next != null) {
            serve(next);
          }
        });
  }
}
