package io.millrace.platform.infer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Reads lines of a bounded length as bytes, and knows where each ends. */
public final class LineReader implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final int bytesMax;
  private final byte[] buffer = new byte[BUFFER];
  private int from;
  private int to;
  private long number;
  private long position;

  /**
   * A line.
   *
   * @param number from 1
   * @param bytes without the line's end; cut where it is too long
   * @param tooLong whether it is
   * @param end position of the byte after its line feed, or the end of the file
   * @param whole whether a line feed ended it
   */
  public record Line(long number, byte[] bytes, boolean tooLong, long end, boolean whole) {
    /** Whether it has nothing but white space. */
    public boolean isBlank() {
      for (byte b : bytes) {
        if (b != ' ' && b != '\t' && b != '\r') {
          return false;
        }
      }
      return !tooLong;
    }
  }

  /**
   * @param in closed with this
   * @param bytesMax longest line that is kept whole
   */
  public LineReader(InputStream in, int bytesMax) {
    this.in = in;
    this.bytesMax = bytesMax;
  }

  /** The next line; null at the end. */
  public @Nullable Line next() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long length = 0;
    boolean whole = false;
    while (!whole && fill()) {
      int end = from;
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      whole = end < to;
      bytes.write(buffer, from, Math.min(end - from, bytesMax - bytes.size()));
      length += end - from;
      from = whole ? end + 1 : end;
    }
    if (length == 0 && !whole) {
      return null;
    }
    number++;
    position += length + (whole ? 1 : 0);
    return new Line(number, bytes.toByteArray(), length > bytesMax, position, whole);
  }

  /** Whether there is something in the buffer, or more to be had. */
  private boolean fill() throws IOException {
    if (from == to) {
      from = 0;
      to = Math.max(0, in.read(buffer));
    }
    return from < to;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
