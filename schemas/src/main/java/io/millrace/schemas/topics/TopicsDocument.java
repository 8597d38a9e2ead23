package io.millrace.schemas.topics;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** Writes the catalogue of topics as a document for people. */
public final class TopicsDocument {

  private static final String HEAD =
      """
      # Topics

      Written by `io.millrace.schemas.topics.TopicsDocument` from the catalogue; do not edit.

      Partitions: on the embedded platform / in a cluster. Kept: the retention; for compacted topics\
       the least time before a replaced record goes. Records are `io.millrace.events.*`, keys UTF-8\
       strings, values Avro in Confluent's wire format. `<pool>` stands for the name of a pool.

      | topic | record | key | partitions | cleanup | kept | who writes | who reads |
      |---|---|---|---|---|---|---|---|
      """;

  private TopicsDocument() {}

  /**
   * Writes the document.
   *
   * @param arguments the file, such as {@code docs/topics.md}
   * @throws IOException if it cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      throw new IllegalArgumentException(
          "Expected one argument, the file to write (docs/topics.md), got " + arguments.length);
    }
    Files.writeString(Path.of(arguments[0]), text(), StandardCharsets.UTF_8);
  }

  /** The document, in Markdown. */
  static String text() {
    StringBuilder text = new StringBuilder(HEAD);
    Stream.concat(Topics.all().stream(), Topics.families().stream())
        .forEach(topic -> text.append(row(topic)));
    return text.toString();
  }

  private static String row(Topic<?> topic) {
    return "| `%s` | %s | %s | %d / %d | %s | %s | %s | %s |\n"
        .formatted(
            topic.name(),
            topic.record().getSimpleName(),
            topic.key(),
            topic.spread().embedded(),
            topic.spread().cluster(),
            topic.cleanup() == Topic.Cleanup.COMPACT ? "compact" : "delete",
            kept(topic.retention()),
            topic.writers(),
            topic.readers());
  }

  private static String kept(Duration retention) {
    if (retention.isZero()) {
      return "0";
    }
    return retention.toHours() % 24 == 0 && retention.toDays() > 0
        ? retention.toDays() + " d"
        : retention.toMinutes() + " min";
  }
}
