package io.millrace.schemas.evolution;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.apache.avro.SchemaFormatter;

/** Writes the present schemas of all messages as a release that later ones stay compatible with. */
public final class SchemaRelease {

  private SchemaRelease() {}

  /**
   * Writes a release.
   *
   * @param arguments the folder of the sources, such as {@code schemas/src/main/avro}, and the
   *     folder of the release, such as {@code schemas/released/v2}, which must not exist yet
   * @throws IOException if the release cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      throw new IllegalArgumentException(
          "Expected two arguments, the folder of the sources and the folder of the release"
              + " (schemas/src/main/avro schemas/released/v2), got "
              + arguments.length);
    }
    write(Path.of(arguments[0]), Path.of(arguments[1]));
  }

  /**
   * Writes each message's schema, self-contained, as it is registered: without the properties that
   * only the generated Java classes need.
   *
   * @param sources folder of the {@code .avsc} sources
   * @param release folder of the release; created
   * @throws IllegalStateException if the release exists already
   * @throws IOException if it cannot be written
   */
  static void write(Path sources, Path release) throws IOException {
    if (Files.exists(release)) {
      throw new IllegalStateException(
          release + " exists; a release is never changed. Write the next version instead.");
    }
    Files.createDirectories(release);
    for (Schema schema : SchemaFiles.readMessages(sources).values()) {
      Files.writeString(
          SchemaFiles.fileOf(release, schema),
          SchemaFormatter.format("json/pretty", schema) + "\n",
          StandardCharsets.UTF_8);
    }
  }
}
