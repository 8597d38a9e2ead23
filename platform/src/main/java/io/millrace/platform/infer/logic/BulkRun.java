package io.millrace.platform.infer.logic;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides which row is asked when, and gives the answers back in the order of the rows.
 *
 * <p>A window over the rows, bounded in rows and bytes, moves on as the row at its head gets its
 * answer. Within it at most a limit of rows is in flight: the limit falls by a third when more was
 * asked than is taken, at most once a second, and grows by one for each limit's worth of answers
 * (additive increase, multiplicative decrease: Chiu and Jain, 1989). What can be asked again is,
 * after a pause that doubles, under an id of its own. What stays without any answer is asked again
 * under the same id: if it was answered after all, that answer comes again.
 *
 * @param <Q> what is asked
 * @param <A> what is answered
 */
public final class BulkRun<Q, A> {
  private static final double DECREASE = 2.0 / 3;
  private static final long DECREASE_PAUSE_MS = 1_000;

  private final Limits limits;
  private final RandomGenerator random;
  private final Deque<Row<Q, A>> window = new ArrayDeque<>();
  private final PriorityQueue<Row<Q, A>> waiting =
      new PriorityQueue<>(
          Comparator.<Row<Q, A>>comparingLong(row -> row.due).thenComparingLong(row -> row.number));
  private final Map<String, Row<Q, A>> flying = new HashMap<>();
  private long bytes;
  private double limit;
  private long decreasedAt;
  private long repeats;

  /**
   * How much at once, how often and how long.
   *
   * @param inFlight most rows that are asked at once
   * @param windowRows most rows that are held
   * @param windowBytes bytes of their requests from which on no further row is taken
   * @param attempts most operations for one row
   * @param pauseMs before the second; each further pause is twice as long
   * @param pauseMaxMs longest pause
   * @param patienceMs without an answer after which a row is asked again
   */
  public record Limits(
      int inFlight,
      int windowRows,
      long windowBytes,
      int attempts,
      long pauseMs,
      long pauseMaxMs,
      long patienceMs) {}

  /**
   * A row to be asked now.
   *
   * @param id of the operation
   */
  public record Sending<Q>(String id, Q asked) {}

  /**
   * A row that is done.
   *
   * @param id the row's own
   * @param asked null: it could not be asked
   * @param answer null: none came
   * @param exhausted whether it was asked as often as it may be, and could be asked again
   */
  public record Done<Q, A>(
      long row, String id, @Nullable Q asked, @Nullable A answer, boolean exhausted) {}

  private static final class Row<Q, A> {
    final long number;
    final String id;
    final long size;
    final @Nullable Q asked;
    String operation;
    int attempts;
    int ids;
    long due;
    boolean done;
    boolean exhausted;
    @Nullable A answer;

    Row(long number, String id, long size, @Nullable Q asked) {
      this.number = number;
      this.id = id;
      this.operation = id;
      this.size = size;
      this.asked = asked;
    }
  }

  /** An empty window. */
  public BulkRun(Limits limits, RandomGenerator random) {
    this.limits = limits;
    this.random = random;
    this.limit = limits.inFlight;
    this.decreasedAt = Long.MIN_VALUE / 2;
  }

  /** Whether another row is taken. */
  public boolean room() {
    return window.size() < limits.windowRows && (window.isEmpty() || bytes < limits.windowBytes);
  }

  /**
   * Takes the next row.
   *
   * @param number greater than those before
   * @param size bytes that it takes
   */
  public void take(long number, String id, Q asked, long size) {
    Row<Q, A> row = new Row<>(number, id, size, asked);
    window.add(row);
    bytes += size;
    waiting.add(row);
  }

  /** Takes the next row, which cannot be asked: this is its answer. */
  public void take(long number, String id, A answer) {
    Row<Q, A> row = new Row<>(number, id, 0, null);
    row.done = true;
    row.answer = answer;
    window.add(row);
  }

  /**
   * The next row to be asked, which counts as asked then; null: none now.
   *
   * @param now milliseconds of any clock that does not go back
   */
  public @Nullable Sending<Q> next(long now) {
    Row<Q, A> row = waiting.peek();
    if (row == null || row.asked == null || row.due > now || flying.size() >= (int) limit) {
      return null;
    }
    waiting.remove();
    row.attempts++;
    row.due = now + limits.patienceMs;
    flying.put(row.operation, row);
    return new Sending<>(row.operation, row.asked);
  }

  /** Whether an operation's answer is waited for. */
  public boolean waitsFor(String operation) {
    return flying.containsKey(operation);
  }

  /** Takes the answer to an operation; one that is not waited for is passed over. */
  public void answered(String operation, Ending ending, A answer, long now) {
    Row<Q, A> row = flying.remove(operation);
    if (row == null) {
      return;
    }
    if (ending == Ending.TOO_MUCH) {
      if (now - decreasedAt >= DECREASE_PAUSE_MS) {
        decreasedAt = now;
        limit = Math.max(1, limit * DECREASE);
      }
    } else {
      limit = Math.min(limits.inFlight, limit + 1 / limit);
    }
    row.answer = answer;
    if (ending == Ending.FINAL) {
      row.done = true;
    } else {
      row.operation = RowIds.again(row.id, ++row.ids);
      again(row, now);
    }
  }

  private void again(Row<Q, A> row, long now) {
    if (row.attempts >= limits.attempts) {
      row.done = true;
      row.exhausted = true;
      return;
    }
    repeats++;
    long pause = limits.pauseMs << Math.min(row.attempts - 1, Long.SIZE / 4);
    double jitter = 0.5 + random.nextDouble() / 2;
    row.due = now + (long) (Math.min(pause, limits.pauseMaxMs) * jitter);
    waiting.add(row);
  }

  /** Has those asked again that nothing was heard of for too long. */
  public void silent(long now) {
    List<Row<Q, A>> overdue = flying.values().stream().filter(row -> row.due <= now).toList();
    for (Row<Q, A> row : overdue) {
      flying.remove(row.operation);
      again(row, now);
    }
  }

  /** Takes out the rows at the head of the window that are done, in their order. */
  public List<Done<Q, A>> drain() {
    List<Done<Q, A>> done = new ArrayList<>();
    for (Row<Q, A> head = window.peek(); head != null && head.done; head = window.peek()) {
      window.remove();
      bytes -= head.size;
      done.add(new Done<>(head.number, head.id, head.asked, head.answer, head.exhausted));
    }
    return done;
  }

  /** Whether no row is held. */
  public boolean isEmpty() {
    return window.isEmpty();
  }

  /** Rows that are asked now. */
  public int inFlight() {
    return flying.size();
  }

  /** Whether any row is asked, or will be. */
  public boolean waits() {
    return !flying.isEmpty() || !waiting.isEmpty();
  }

  /** How often rows had to be asked again. */
  public long repeats() {
    return repeats;
  }
}
