package io.millrace.schemas.serde;

import java.util.Locale;
import org.apache.avro.Schema;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Bounds what Avro may read: our own classes only, and no text or bytes longer than 16 MiB, more
 * than any record holds.
 *
 * <p>The serde establishes this by itself. Since Avro 1.12.2 even a builder of a generated class
 * throws a SecurityException without it, once it takes the default of an enum: a program that
 * builds records before it makes a serde calls {@link #establish} first.
 */
public final class AvroSafety {
  private static final String OURS = "io.millrace.";
  private static final String LENGTH_MAX = Integer.toString(16 * 1024 * 1024);

  static {
    // Avro reads these once, when its decoder is first used: a length field of a broken record must
    // not make it allocate what the record cannot hold.
    for (String limit : new String[] {"bytes.maxLength", "string.maxLength"}) {
      String key = "org.apache.avro.limits." + limit;
      if (System.getProperty(key) == null) {
        System.setProperty(key, LENGTH_MAX);
      }
    }
    ClassSecurityValidator.setGlobal(
        type -> type.getName().startsWith(OURS) || ClassSecurityValidator.DEFAULT.isTrusted(type));
  }

  private AvroSafety() {}

  /** Makes sure that the bounds hold; cheap to call again. */
  public static void establish() {
    // The static initializer has done it.
  }

  /**
   * The schema as other languages know it, without the hint that makes Java read text as String.
   */
  static Schema withoutJavaHints(Schema schema) {
    String json = schema.toString();
    String plain =
        json.replace("{\"type\":\"string\",\"avro.java.string\":\"String\"}", "\"string\"");
    plain = plain.replace(",\"avro.java.string\":\"String\"", "");
    if (plain.toLowerCase(Locale.ROOT).contains("avro.java")) {
      throw new IllegalStateException("a Java hint is left in schema " + schema.getFullName());
    }
    return new Schema.Parser().parse(plain);
  }
}
