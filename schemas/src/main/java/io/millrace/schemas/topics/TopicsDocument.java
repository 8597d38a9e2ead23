package io.millrace.schemas.topics;

import io.millrace.schemas.documents.GeneratedDocument;
import io.millrace.schemas.documents.MarkdownTable;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;

/** Writes the catalogue of topics as a document for people. */
public final class TopicsDocument {
  static final GeneratedDocument DOCUMENT =
      new GeneratedDocument("docs/topics.md", TopicsDocument.class, TopicsDocument::text);

  private static final String NOTES =
      """

      Partitions: on the embedded platform / in a cluster. Kept: the retention; for compacted topics\
       the least time before a replaced record goes. Records are `io.millrace.events.*`, keys UTF-8\
       strings, values Avro in Confluent's wire format. `<pool>` stands for the name of a pool.

      """;

  private TopicsDocument() {}

  /**
   * Writes the document.
   *
   * @param arguments the file, such as {@code docs/topics.md}
   * @throws IOException if it cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    DOCUMENT.write(arguments);
  }

  /** The document, in Markdown. */
  static String text() {
    MarkdownTable table =
        new MarkdownTable(
            "topic", "record", "key", "partitions", "cleanup", "kept", "who writes", "who reads");
    Stream.concat(Topics.all().stream(), Topics.families().stream())
        .forEach(topic -> row(table, topic));
    return GeneratedDocument.head("Topics", TopicsDocument.class, "the catalogue") + NOTES + table;
  }

  private static void row(MarkdownTable table, Topic<?> topic) {
    table.row(
        "`" + topic.name() + "`",
        topic.record().getSimpleName(),
        topic.key(),
        topic.spread().embedded() + " / " + topic.spread().cluster(),
        topic.cleanup().policy(),
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
