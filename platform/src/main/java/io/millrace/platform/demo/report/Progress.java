package io.millrace.platform.demo.report;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells which step the demo is at and how far that has come.
 *
 * <p>On a terminal the current step is one line that is drawn over; elsewhere a step is one line
 * when it begins and one when it ends. Safe for several threads.
 */
public final class Progress implements AutoCloseable {

  private static final String SPINNER = "|/-\\";
  private static final int BAR = 20;
  private static final int COLUMNS_MAX = 120;
  private static final String CLEAR_LINE = "\r\u001b[K";
  private static final Duration REDRAW = Duration.ofMillis(100);

  private final PrintWriter out;
  private final boolean live;
  private final int columns;
  private final InstantSource clock;
  private final Style style;
  private @Nullable ScheduledExecutorService redraws;
  private @Nullable String step;
  private Instant began;
  private long done;
  private long total;
  private String note = "";
  private int drawn;

  /**
   * Progress written to {@code out}; the time comes from {@code clock}.
   *
   * @param live whether {@code out} is a terminal, with lines to draw over and colours
   * @param columns of the terminal
   */
  public Progress(PrintWriter out, boolean live, int columns, InstantSource clock) {
    this.out = out;
    this.live = live;
    this.columns = Math.min(columns, COLUMNS_MAX);
    this.clock = clock;
    this.style = new Style(live);
    this.began = clock.instant();
  }

  /** Redraws the line ten times a second until closed; without a terminal it does nothing. */
  public synchronized Progress redrawing() {
    if (live && redraws == null) {
      redraws =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread thread = new Thread(task, "demo-progress");
                thread.setDaemon(true);
                return thread;
              });
      // Ends with its executor; a redraw that fails is missed by nobody.
      var unused =
          redraws.scheduleAtFixedRate(
              this::redraw, REDRAW.toMillis(), REDRAW.toMillis(), TimeUnit.MILLISECONDS);
    }
    return this;
  }

  /** Begins a step; one that is still open ends without a remark. */
  public synchronized void begin(String name) {
    if (step != null) {
      end(true, "");
    }
    step = Words.printable(name);
    began = clock.instant();
    done = 0;
    total = 0;
    note = "";
    if (live) {
      redraw();
    } else {
      out.println(step + " ...");
      out.flush();
    }
  }

  /**
   * Says how far the step has come.
   *
   * @param newDone how much is done
   * @param newTotal how much there is to do, 0 if that is not known
   * @param newNote what is being done now; may be empty
   */
  public synchronized void advance(long newDone, long newTotal, String newNote) {
    done = newDone;
    total = newTotal;
    note = Words.printable(newNote);
    redraw();
  }

  /** Draws the line of the current step once more; without a terminal it does nothing. */
  public synchronized void redraw() {
    if (step == null || !live) {
      return;
    }
    StringBuilder line = new StringBuilder();
    line.append(SPINNER.charAt(drawn++ % SPINNER.length())).append(' ').append(step);
    if (total > 0) {
      int filled = (int) Math.max(0, Math.min(BAR, BAR * done / total));
      line.append("  [").append("#".repeat(filled)).append("-".repeat(BAR - filled)).append("] ");
      line.append(done).append('/').append(total);
    }
    line.append("  ").append(tenths(elapsed()));
    if (!note.isEmpty()) {
      line.append("  ").append(note);
    }
    // The last column stays free, or some terminals begin another line.
    out.print(CLEAR_LINE + Words.cut(line.toString(), columns - 1));
    out.flush();
  }

  /** Ends the step with its time and a remark; without a step it does nothing. */
  public synchronized void end(boolean ok, String remark) {
    if (step == null) {
      return;
    }
    String mark = ok ? style.green("ok    ") : style.red("FAILED");
    String text = step + "  " + tenths(elapsed());
    String line = remark.isEmpty() ? text : text + "  " + Words.printable(remark);
    out.println((live ? CLEAR_LINE : "") + mark + "  " + line);
    out.flush();
    step = null;
  }

  /** Writes a line of its own above the current step. */
  public synchronized void say(String line) {
    out.println((live ? CLEAR_LINE : "") + Words.printable(line));
    out.flush();
    redraw();
  }

  /** Stops redrawing and clears the line of a step that did not end. */
  @Override
  public synchronized void close() {
    if (redraws != null) {
      redraws.shutdownNow();
      redraws = null;
    }
    if (step != null && live) {
      out.print(CLEAR_LINE);
      out.flush();
    }
    step = null;
  }

  private Duration elapsed() {
    return Duration.between(began, clock.instant());
  }

  private static String tenths(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
