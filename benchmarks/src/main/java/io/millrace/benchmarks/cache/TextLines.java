package io.millrace.benchmarks.cache;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The lines of a file, as long as they are text of bounded length. */
final class TextLines implements Closeable {
  /** Longest line, bytes. */
  static final int LENGTH_MAX = 1 << 20;

  private final InputStream in;
  private int number;

  /**
   * @param in closed with this
   */
  TextLines(InputStream in) {
    this.in = new BufferedInputStream(in, 1 << 16);
  }

  /** Number of the line that was read last, from 1; 0 before the first. */
  int number() {
    return number;
  }

  /**
   * The next line without its end; null after the last.
   *
   * @throws TraceException if it is too long or no text
   */
  @Nullable String next() throws TraceException, IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    number++;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = first; read >= 0 && read != '\n'; read = in.read()) {
      if (line.size() == LENGTH_MAX) {
        throw new TraceException(number, "expected at most %d bytes a line".formatted(LENGTH_MAX));
      }
      line.write(read);
    }
    return text(line.toByteArray());
  }

  private String text(byte[] bytes) throws TraceException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw noText();
    }
    if (text.chars().anyMatch(c -> Character.isISOControl(c) && c != '\t' && c != '\r')) {
      throw noText();
    }
    return text;
  }

  private TraceException noText() {
    return new TraceException(
        number, "expected UTF-8 text, but found other bytes: unpack what is compressed");
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
