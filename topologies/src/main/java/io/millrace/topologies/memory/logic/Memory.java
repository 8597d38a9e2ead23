package io.millrace.topologies.memory.logic;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/**
 * Carries what a class has learnt across a restart, as bytes.
 *
 * <p>A class that remembers has one method, which passes each of its fields through here and takes
 * back what returns: written fields return as they are, read ones as they were. One method for both
 * cannot disagree with itself. The bytes are a version, the fields in their order, and a CRC-32C of
 * both; all that was written must be read.
 */
public final class Memory {
  /** The most that one thing may remember, bytes. */
  public static final int BYTES_MAX = 256 << 10;

  private static final int CHECKSUM_BYTES = 4;

  private final boolean reading;
  private ByteBuffer bytes;

  private Memory(boolean reading, ByteBuffer bytes) {
    this.reading = reading;
    this.bytes = bytes;
  }

  /**
   * Writes.
   *
   * @param version of the fields; another one is not read
   * @param fields passes them through
   * @throws IllegalArgumentException if it is more than {@link #BYTES_MAX}
   */
  public static byte[] write(byte version, Consumer<Memory> fields) {
    Memory memory = new Memory(false, ByteBuffer.allocate(1 << 10));
    memory.room(1).put(version);
    fields.accept(memory);
    int checksum = checksum(memory.bytes.array(), memory.bytes.position());
    memory.room(CHECKSUM_BYTES).putInt(checksum);
    return Arrays.copyOf(memory.bytes.array(), memory.bytes.position());
  }

  /**
   * Reads.
   *
   * @param version that is understood
   * @param fields passes them through; what it belongs to is half read and useless after an error
   * @throws IllegalArgumentException saying why the bytes cannot be read
   */
  public static void read(byte[] bytes, byte version, Consumer<Memory> fields) {
    int end = bytes.length - CHECKSUM_BYTES;
    if (end < 1 || ByteBuffer.wrap(bytes).getInt(end) != checksum(bytes, end)) {
      throw new IllegalArgumentException("%d bytes are damaged".formatted(bytes.length));
    }
    Memory memory = new Memory(true, ByteBuffer.wrap(bytes, 0, end));
    byte written = memory.bytes.get();
    if (written != version) {
      throw new IllegalArgumentException("version %d, not %d".formatted(written, version));
    }
    try {
      fields.accept(memory);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("ends too early", e);
    }
    if (memory.bytes.hasRemaining()) {
      throw new IllegalArgumentException(
          "%d bytes are left over".formatted(memory.bytes.remaining()));
    }
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return (int) checksum.getValue();
  }

  private ByteBuffer room(int length) {
    if (bytes.remaining() < length) {
      int needed = bytes.position() + length;
      if (needed > BYTES_MAX) {
        throw new IllegalArgumentException("more than %d bytes".formatted(BYTES_MAX));
      }
      bytes =
          ByteBuffer.allocate(Math.min(BYTES_MAX, Math.max(needed, 2 * bytes.capacity())))
              .put(bytes.flip());
    }
    return bytes;
  }

  /** Passes a number through. */
  public double number(double value) {
    if (reading) {
      return bytes.getDouble();
    }
    room(Double.BYTES).putDouble(value);
    return value;
  }

  /** Passes a whole number through. */
  public long count(long value) {
    if (reading) {
      return bytes.getLong();
    }
    room(Long.BYTES).putLong(value);
    return value;
  }

  /** Passes a truth through. */
  public boolean flag(boolean value) {
    if (reading) {
      return bytes.get() != 0;
    }
    room(1).put((byte) (value ? 1 : 0));
    return value;
  }

  /** Passes a text through. */
  public String text(String value) {
    return new String(bytes(value.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }

  /** Passes bytes through. */
  public byte[] bytes(byte[] value) {
    if (reading) {
      byte[] read = new byte[length(1)];
      bytes.get(read);
      return read;
    }
    room(Integer.BYTES).putInt(value.length);
    room(value.length).put(value);
    return value;
  }

  /** How many entries follow; never more than there are bytes for. */
  private int length(int entryBytes) {
    int length = bytes.getInt();
    if (length < 0 || length > bytes.remaining() / entryBytes) {
      throw new IllegalArgumentException("says that %d entries follow".formatted(length));
    }
    return length;
  }

  /**
   * Passes numbers through, in place.
   *
   * @throws IllegalArgumentException if as many were not written
   */
  public void numbers(double[] values) {
    sameLength(values);
    for (int i = 0; i < values.length; i++) {
      values[i] = number(values[i]);
    }
  }

  private void sameLength(double[] values) {
    long written = count(values.length);
    if (written != values.length) {
      throw new IllegalArgumentException(
          "%d numbers are remembered where %d belong".formatted(written, values.length));
    }
  }

  /**
   * Passes numbers through, in place, as 32-bit floats: half the bytes, seven digits.
   *
   * @throws IllegalArgumentException if as many were not written
   */
  public void roundedNumbers(double[] values) {
    sameLength(values);
    for (int i = 0; i < values.length; i++) {
      if (reading) {
        values[i] = bytes.getFloat();
      } else {
        room(Float.BYTES).putFloat((float) values[i]);
      }
    }
  }

  /**
   * Passes the last numbers of a queue through.
   *
   * @param most that are kept
   */
  public void lastNumbers(Deque<Double> values, int most) {
    List<Double> last = List.copyOf(values);
    last = last.subList(Math.max(0, last.size() - most), last.size());
    List<Double> passed = new ArrayList<>(list(last, Double.BYTES, 0.0, this::number));
    if (reading) {
      values.clear();
      values.addAll(passed);
    }
  }

  /**
   * Passes a list through.
   *
   * @param entryBytes what an entry takes at least
   * @param blank stands for the entries that are read
   * @param entry passes one through
   */
  public <T> List<T> list(List<T> values, int entryBytes, T blank, UnaryOperator<T> entry) {
    if (!reading) {
      room(Integer.BYTES).putInt(values.size());
      List<T> written = new ArrayList<>(values.size());
      for (T value : values) {
        written.add(entry.apply(value));
      }
      return written;
    }
    int length = length(entryBytes);
    List<T> read = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      read.add(entry.apply(blank));
    }
    return read;
  }
}
