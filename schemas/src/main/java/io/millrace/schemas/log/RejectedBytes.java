package io.millrace.schemas.log;

import io.millrace.schemas.topics.Topic;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a rejection keeps of the record that it is about: all of it, unless the rejection would then
 * be larger than its topic takes. Brokers limit records as they are compressed, so one that is read
 * may have any size.
 *
 * @param key null for none
 * @param value null for none
 * @param message says how much was cut off
 */
public record RejectedBytes(@Nullable ByteBuffer key, @Nullable ByteBuffer value, String message) {
  private static final int KEY_BYTES_MAX = 64 << 10;
  private static final int MESSAGE_CHARS_MAX = 4_000;

  /** What else a rejection holds; generous. */
  private static final int OVERHEAD_BYTES = 64 << 10;

  /**
   * Cuts what does not fit.
   *
   * @param message why it is rejected
   */
  public static RejectedBytes of(byte @Nullable [] key, byte @Nullable [] value, String message) {
    StringBuilder note =
        new StringBuilder(
            message.length() <= MESSAGE_CHARS_MAX
                ? message
                : message.substring(0, MESSAGE_CHARS_MAX) + "…");
    ByteBuffer keptKey = cut(key, KEY_BYTES_MAX, "key", note);
    int room =
        Topic.REJECTION_BYTES_MAX - OVERHEAD_BYTES - (keptKey == null ? 0 : keptKey.remaining());
    return new RejectedBytes(keptKey, cut(value, room, "value", note), note.toString());
  }

  private static @Nullable ByteBuffer cut(
      byte @Nullable [] bytes, int most, String name, StringBuilder note) {
    if (bytes == null || bytes.length <= most) {
      return bytes == null ? null : ByteBuffer.wrap(bytes);
    }
    note.append(
        " (the first %d of %d bytes of the %s are kept)".formatted(most, bytes.length, name));
    return ByteBuffer.wrap(Arrays.copyOf(bytes, most));
  }
}
