package io.millrace.toolworker.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Reads a program's output on its own thread: the first bytes up to a bound, or the last. */
final class CappedReader {

  private static final int BUFFER_BYTES = 8192;

  private final InputStream in;
  private final int bytesMax;
  private final boolean tail;
  private final Runnable onOverflow;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final Thread thread;
  private volatile boolean overflowed;

  private CappedReader(InputStream in, int bytesMax, boolean tail, Runnable onOverflow) {
    this.in = in;
    this.bytesMax = bytesMax;
    this.tail = tail;
    this.onOverflow = onOverflow;
    this.thread = new Thread(this::read, "process-output");
    thread.setDaemon(true);
    thread.start();
  }

  /** Keeps the beginning; calls back once if there is more than that. */
  static CappedReader head(InputStream in, int bytesMax, Runnable onOverflow) {
    return new CappedReader(in, bytesMax, false, onOverflow);
  }

  /** Keeps about the last bytes. */
  static CappedReader tail(InputStream in, int bytesMax) {
    return new CappedReader(in, bytesMax, true, () -> {});
  }

  private void read() {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (in) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (keep(buffer, n)) {
          overflowed = true;
          onOverflow.run();
          return;
        }
      }
    } catch (IOException e) {
      // The program was killed; what was read stands.
      return;
    }
  }

  private synchronized boolean keep(byte[] buffer, int n) {
    if (!tail && kept.size() + n > bytesMax) {
      return true;
    }
    if (tail && kept.size() + n > 2 * bytesMax + BUFFER_BYTES) {
      byte[] all = kept.toByteArray();
      kept.reset();
      kept.write(all, all.length - bytesMax, bytesMax);
    }
    kept.write(buffer, 0, n);
    return false;
  }

  /**
   * Waits for the end of the output, a little: a grandchild may hold it open for ever.
   *
   * @throws InterruptedException if the run is called off
   */
  void await(long millis) throws InterruptedException {
    TimeUnit.MILLISECONDS.timedJoin(thread, millis);
  }

  boolean overflowed() {
    return overflowed;
  }

  /** What was read, as UTF-8. */
  synchronized String text() {
    byte[] all = kept.toByteArray();
    int from = tail ? Math.max(0, all.length - bytesMax) : 0;
    return new String(all, from, all.length - from, StandardCharsets.UTF_8);
  }
}
