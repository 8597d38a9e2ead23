package io.millrace.inference.batch.logic;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds the requests of one model version that wait and decides what runs together, and when.
 *
 * <p>How it works. The oldest request of the most urgent level gives the shape; others of that
 * shape join it in order of level and age until the batch is full. Only a request of more rows than
 * a batch may have is cut, into pieces that run one after the other or beside others.
 *
 * <p>A batch waits for more rows only while that pays. With {@code q} rows at hand and one more
 * expected every {@code g}, waiting costs the rows at hand {@code q·g}; not waiting costs the next
 * row a run of its own, so it waits while {@code q·g} is less than the part of a run's time that
 * does not grow with its rows ({@link RunTimes}). It never waits longer than the policy says, than
 * three times the expected gap since the last arrival, or into the deadline of what is at hand. So
 * nothing waits when little arrives, and nothing waits when runs are cheap.
 *
 * <p>A batch is not made larger than pays either: once its rows take hardly longer each than in
 * batches of the best size, more rows only make all of them wait longer. One batch in {@value
 * #TRIED} is as large as it may be all the same and one half as large as it would be, so that it is
 * seen when other sizes begin to pay. And where several runs may begin at once and time grows with
 * rows, they share what is there. Related: Crankshaw et al., "Clipper", NSDI 2017 (adaptive
 * batching); Deb and Serfozo, "Optimal control of batch service queues", 1973.
 *
 * @param <T> what is run
 */
public final class BatchQueue<T> {

  private static final double GAP_LEARNS = 0.125;
  private static final int GAPS_WAITED = 3;
  private static final int TRIED = 16;

  /** Runs are shared out where each part takes less than this share of the time of the whole. */
  private static final double PARTS_PAY = 0.75;

  private final BatchPolicy policy;
  private final RunTimes runTimes = new RunTimes();
  private final List<Map<Object, Deque<Entry<T>>>> levels = new ArrayList<>();
  private final Map<Object, Long> rowsByShape = new HashMap<>();
  private int waiting;
  private long sequence;
  private long batches;
  private long earliestDeadline = Long.MAX_VALUE;
  private long lastArrival = Long.MIN_VALUE;
  private double gapNanos = Double.MAX_VALUE;

  /** A request that waits; the queue's own. */
  public static final class Entry<T> {
    private final T work;
    private final int rows;
    private final Object shape;
    private final int level;
    private final long arrived;
    private final long deadline;
    private final long sequence;
    private int taken;
    private boolean gone;

    private Entry(
        T work, int rows, Object shape, int level, long arrived, long deadline, long sequence) {
      this.work = work;
      this.rows = rows;
      this.shape = shape;
      this.level = level;
      this.arrived = arrived;
      this.deadline = deadline;
      this.sequence = sequence;
    }
  }

  /**
   * Rows of a request that run together.
   *
   * @param work the request
   * @param from its first row that runs, from 0
   * @param rows how many run, at least 1
   */
  public record Slice<T>(T work, int from, int rows) {}

  /**
   * What is to be done.
   *
   * @param batch what is to run now; empty: nothing
   * @param expired requests whose deadline has passed; they are not in the queue any more
   * @param wakeAt when to ask again if nothing arrives, nanoseconds; {@link Long#MAX_VALUE}: need
   *     not
   */
  public record Next<T>(List<Slice<T>> batch, List<T> expired, long wakeAt) {}

  /** An empty queue. */
  public BatchQueue(BatchPolicy policy) {
    this.policy = policy;
    for (int i = 0; i < policy.levels(); i++) {
      levels.add(new LinkedHashMap<>());
    }
  }

  /**
   * Takes a request.
   *
   * @param work what to run
   * @param rows how many rows it has, at least 1
   * @param shape equal for requests that may run together
   * @param priority 1 is the most urgent; 0: the default
   * @param deadline after this it does not run, nanoseconds on the clock of {@code now}
   * @return the place in the queue; null: it is full, nothing was taken
   */
  public @Nullable Entry<T> offer(
      T work, int rows, Object shape, int priority, long deadline, long now) {
    arrival(rows, now);
    if (waiting >= policy.queueMax()) {
      return null;
    }
    int level = policy.level(priority) - 1;
    Entry<T> entry = new Entry<>(work, rows, shape, level, now, deadline, sequence++);
    levels.get(level).computeIfAbsent(shape, any -> new ArrayDeque<>()).add(entry);
    rowsByShape.merge(shape, (long) rows, Long::sum);
    waiting++;
    earliestDeadline = Math.min(earliestDeadline, deadline);
    return entry;
  }

  private void arrival(int rows, long now) {
    if (lastArrival != Long.MIN_VALUE) {
      double gap = Math.max(0, now - lastArrival) / (double) rows;
      gapNanos = gapNanos == Double.MAX_VALUE ? gap : gapNanos + GAP_LEARNS * (gap - gapNanos);
    }
    lastArrival = now;
  }

  /** Takes a request out; false: it was out already, or all of it was handed out. */
  public boolean cancel(Entry<T> entry) {
    if (entry.gone) {
      return false;
    }
    Deque<Entry<T>> line = levels.get(entry.level).get(entry.shape);
    if (line != null) {
      line.remove(entry);
    }
    leave(entry);
    return true;
  }

  /** Takes everything out. */
  public List<T> clear() {
    List<T> all = new ArrayList<>();
    for (Map<Object, Deque<Entry<T>>> level : levels) {
      for (Deque<Entry<T>> line : level.values()) {
        for (Entry<T> entry : line) {
          entry.gone = true;
          all.add(entry.work);
        }
      }
      level.clear();
    }
    rowsByShape.clear();
    waiting = 0;
    earliestDeadline = Long.MAX_VALUE;
    return all;
  }

  /** How many requests wait, those handed out in part included. */
  public int size() {
    return waiting;
  }

  /** Learns how long a run took. */
  public void ran(int rows, long nanos) {
    runTimes.add(rows, nanos);
  }

  /**
   * Decides what to do.
   *
   * @param now nanoseconds
   * @param free how many runs may begin now, at least 1; the caller asks once for each
   */
  public Next<T> next(long now, int free) {
    List<T> expired = now >= earliestDeadline ? expire(now) : List.of();
    Entry<T> oldest = oldest();
    if (oldest == null) {
      return new Next<>(List.of(), expired, earliestDeadline);
    }
    long rows = rowsByShape.getOrDefault(oldest.shape, 0L);
    long until = waitUntil(oldest, rows, now);
    if (until > now) {
      return new Next<>(List.of(), expired, Math.min(until, earliestDeadline));
    }
    return new Next<>(take(oldest, size(rows, free)), expired, Long.MAX_VALUE);
  }

  /** The request that gives the shape: of the most urgent level the one that came first. */
  private @Nullable Entry<T> oldest() {
    for (Map<Object, Deque<Entry<T>>> level : levels) {
      Entry<T> oldest = null;
      for (Deque<Entry<T>> line : level.values()) {
        Entry<T> first = line.peek();
        if (first != null && (oldest == null || first.sequence < oldest.sequence)) {
          oldest = first;
        }
      }
      if (oldest != null) {
        return oldest;
      }
    }
    return null;
  }

  /** How many rows are worth having together. */
  private int most() {
    return Math.min(policy.rowsMax(), runTimes.enough(policy.overhead()));
  }

  private long waitUntil(Entry<T> oldest, long rows, long now) {
    if (policy.delayNanos() == 0
        || oldest.taken > 0
        || rows >= most()
        || policy.preferred().contains((int) rows)) {
      return now;
    }
    double saved = runTimes.known() ? runTimes.perRun() : runTimes.of(1);
    if (rows * gapNanos >= saved) {
      return now;
    }
    long patience =
        lastArrival + (long) Math.min((double) policy.delayNanos(), GAPS_WAITED * gapNanos);
    long latest = oldest.arrived + policy.delayNanos();
    // Computed from the right: a deadline may be as far off as a long allows.
    long deadline = earliestDeadline - (long) runTimes.of((int) rows + 1);
    return Math.min(patience, Math.min(latest, deadline));
  }

  /** How many rows the batch shall have. */
  private int size(long rows, int free) {
    batches++;
    int size = (int) Math.min(rows, batches % TRIED == 0 ? policy.rowsMax() : most());
    if (batches % TRIED == TRIED / 2) {
      size = (size + 1) / 2;
    }
    if (free > 1 && size > 1 && runTimes.known()) {
      int part = (int) Math.min(size, (rows + free - 1) / free);
      if (runTimes.of(part) < PARTS_PAY * runTimes.of(size)) {
        size = part;
      }
    }
    int preferred = 0;
    for (int wanted : policy.preferred()) {
      if (wanted <= size) {
        preferred = wanted;
      }
    }
    return preferred > 0 ? preferred : size;
  }

  private List<Slice<T>> take(Entry<T> oldest, int size) {
    List<Slice<T>> batch = new ArrayList<>();
    int room = size;
    for (Map<Object, Deque<Entry<T>>> level : levels) {
      Deque<Entry<T>> line = level.get(oldest.shape);
      while (line != null && !line.isEmpty() && room > 0) {
        Entry<T> entry = line.element();
        int left = entry.rows - entry.taken;
        boolean cut = entry.rows > policy.rowsMax();
        int rows = cut ? Math.min(left, room) : left;
        if (rows > room && !batch.isEmpty()) {
          // Nothing overtakes what does not fit, or it would never run.
          return batch;
        }
        batch.add(new Slice<>(entry.work, entry.taken, rows));
        entry.taken += rows;
        rowsByShape.merge(entry.shape, (long) -rows, Long::sum);
        room -= rows;
        if (entry.taken == entry.rows) {
          line.remove();
          leave(entry);
        }
      }
    }
    return batch;
  }

  private List<T> expire(long now) {
    List<T> expired = new ArrayList<>();
    long earliest = Long.MAX_VALUE;
    List<Entry<T>> late = new ArrayList<>();
    for (Map<Object, Deque<Entry<T>>> level : levels) {
      for (Deque<Entry<T>> line : level.values()) {
        for (Entry<T> entry : line) {
          if (entry.deadline <= now) {
            late.add(entry);
          } else {
            earliest = Math.min(earliest, entry.deadline);
          }
        }
      }
    }
    for (Entry<T> entry : late) {
      cancel(entry);
      expired.add(entry.work);
    }
    earliestDeadline = earliest;
    return expired;
  }

  /** Forgets an entry that is in no line any more. */
  private void leave(Entry<T> entry) {
    entry.gone = true;
    waiting--;
    long left = rowsByShape.merge(entry.shape, (long) (entry.taken - entry.rows), Long::sum);
    Deque<Entry<T>> line = levels.get(entry.level).get(entry.shape);
    if (line != null && line.isEmpty()) {
      levels.get(entry.level).remove(entry.shape);
    }
    if (left == 0) {
      rowsByShape.remove(entry.shape);
    }
    if (waiting == 0) {
      earliestDeadline = Long.MAX_VALUE;
    }
  }
}
