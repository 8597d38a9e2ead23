package io.millrace.schemas.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Makes and reads the ids of records: UUIDv7 where a client starts something, UUIDv8 where an id is
 * derived from others, so that re-processing repeats it.
 *
 * <p>Source: RFC 9562, sections 5.7 (version 7: 48 bits of Unix milliseconds, then random) and 5.8
 * (version 8: vendor-specific; here 122 of the first 128 bits of a SHA-256).
 */
public final class Ids {
  private static final long PART_BITS = 0xCA1L;
  private static final String PART_MARK = "-8" + Long.toHexString(PART_BITS) + "-";
  private static final char[] HEX = "0123456789abcdef".toCharArray();
  private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Ids::sha256);

  private Ids() {}

  /**
   * A new UUIDv7.
   *
   * @param nowMillis Unix time, milliseconds
   * @param random source of its 74 random bits
   * @return the id in canonical lower-case form
   */
  public static String v7(long nowMillis, RandomGenerator random) {
    long msb = (nowMillis << 16) | 0x7000L | (random.nextLong() & 0x0FFFL);
    long lsb = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return format(msb, lsb);
  }

  /**
   * The first id of a time: no id of it is less, and all ids of earlier times are, as texts.
   *
   * @param time not before 1970
   */
  public static String firstAt(Instant time) {
    return format((time.toEpochMilli() << 16) | 0x7000L, 1L << 63);
  }

  /**
   * The UUIDv8 derived from the given parts; equal parts give equal ids.
   *
   * @param parts what it is derived from, in order; the boundary between parts counts
   * @return the id in canonical lower-case form
   */
  public static String derived(String... parts) {
    MessageDigest digest = SHA_256.get();
    for (String part : parts) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update((byte) (bytes.length >>> 24));
      digest.update((byte) (bytes.length >>> 16));
      digest.update((byte) (bytes.length >>> 8));
      digest.update((byte) bytes.length);
      digest.update(bytes);
    }
    byte[] hash = digest.digest();
    long msb = (toLong(hash, 0) & 0xFFFF_FFFF_FFFF_0FFFL) | 0x8000L;
    if ((msb & 0x0FFFL) == PART_BITS) {
      // One hash in 4,096 would read as a part and its first digits as a time.
      msb ^= 1;
    }
    long lsb = (toLong(hash, 8) & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return format(msb, lsb);
  }

  /**
   * The UUIDv8 of a part of something bigger, such as a call of a plan: it carries the time of the
   * whole in the same 48 bits as a UUIDv7 and a mark by which {@link #timeOf} knows it; the rest is
   * derived.
   *
   * @param whole id of the whole
   * @param part name of the part
   * @return the id in canonical lower-case form; without time and mark if the whole has no time
   */
  public static String part(String whole, String part) {
    String derived = derived(whole, part);
    Optional<Instant> time = timeOf(whole);
    if (time.isEmpty()) {
      return derived;
    }
    String millis = HexFormat.of().toHexDigits(time.get().toEpochMilli(), 12);
    return millis.substring(0, 8) + '-' + millis.substring(8) + PART_MARK + derived.substring(19);
  }

  /**
   * The instant an operation was made, by its id.
   *
   * @param id any text
   * @return the time of a UUIDv7 or of a {@link #part}; empty for any other text
   */
  public static Optional<Instant> timeOf(String id) {
    boolean timed =
        id.length() == 36
            && id.charAt(8) == '-'
            && (id.startsWith("-7", 13) || id.startsWith(PART_MARK, 13));
    if (!timed) {
      return Optional.empty();
    }
    try {
      long high = HexFormat.fromHexDigitsToLong(id, 0, 8);
      return Optional.of(Instant.ofEpochMilli(high << 16 | HexFormat.fromHexDigits(id, 9, 13)));
    } catch (IllegalArgumentException notAUuid) {
      return Optional.empty();
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static long toLong(byte[] bytes, int from) {
    long value = 0;
    for (int i = from; i < from + 8; i++) {
      value = (value << 8) | (bytes[i] & 0xFF);
    }
    return value;
  }

  private static String format(long msb, long lsb) {
    byte[] text = new byte[36];
    digits(text, 0, msb >>> 32, 8);
    text[8] = '-';
    digits(text, 9, msb >>> 16, 4);
    text[13] = '-';
    digits(text, 14, msb, 4);
    text[18] = '-';
    digits(text, 19, lsb >>> 48, 4);
    text[23] = '-';
    digits(text, 24, lsb, 12);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static void digits(byte[] text, int from, long value, int count) {
    long rest = value;
    for (int i = from + count - 1; i >= from; i--) {
      text[i] = (byte) HEX[(int) (rest & 0xF)];
      rest >>>= 4;
    }
  }
}
