package io.millrace.platform.documents;

import io.millrace.gateway.GatewayConfig;
import io.millrace.inference.InferenceWorkerConfig;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.documents.GeneratedDocument;
import io.millrace.schemas.documents.MarkdownTable;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.toolworker.ToolWorkerConfig;
import io.millrace.topologies.OperationsConfig;
import io.millrace.worker.runtime.WorkerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.types.Password;

/** Writes every setting with its type, default, range and meaning as a document for people. */
public final class ConfigurationDocument {
  static final GeneratedDocument DOCUMENT =
      new GeneratedDocument(
          "docs/configuration.md", ConfigurationDocument.class, ConfigurationDocument::text);

  /**
   * The settings of one thing.
   *
   * @param leftOut keys that another area shows
   */
  private record Area(String title, String about, ConfigDef definition, Set<String> leftOut) {}

  private ConfigurationDocument() {}

  /**
   * Writes the document.
   *
   * @param arguments the file, such as {@code docs/configuration.md}
   * @throws IOException if it cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    DOCUMENT.write(arguments);
  }

  /** The document, in Markdown. */
  static String text() {
    StringBuilder text =
        new StringBuilder(
                GeneratedDocument.head(
                    "Configuration",
                    ConfigurationDocument.class,
                    "the definitions that the settings are checked by"))
            .append(
                """

                An unknown key or a value out of its range refuses to start and says what was\
                 expected. Times and sizes carry their unit in the key. The options of the command\
                 line are shown by `./millrace COMMAND --help`; the policies of a tool (timeout,\
                 attempts, circuit, cache) are data in `targets.yaml`, not settings.
                """);
    for (Area area : areas()) {
      text.append("\n## %s\n\n%s\n\n%s".formatted(area.title, area.about, table(area)));
    }
    return text.toString();
  }

  private static List<Area> areas() {
    Set<String> shared = Settings.definition().names();
    return List.of(
        new Area(
            "Every process",
            "`io.millrace.schemas.config.Settings`. A key that begins with `"
                + Settings.KAFKA_PREFIX
                + "` goes to the process's Kafka clients without that prefix, such as those for"
                + " TLS.",
            Settings.definition(),
            Set.of()),
        new Area(
            "Application `operations`",
            "The request path, plans and health (`io.millrace.topologies.OperationsConfig`). Bounds"
                + " of dispatch hold for each partition of `tool.calls`.",
            OperationsConfig.DEFINITION,
            shared),
        new Area(
            "Every worker",
            "`io.millrace.worker.runtime.WorkerConfig`.",
            WorkerConfig.definition(),
            shared),
        new Area(
            "Tool worker",
            "What a tool worker has besides (`io.millrace.toolworker.ToolWorkerConfig`).",
            ToolWorkerConfig.definition(),
            WorkerConfig.definition().names()),
        new Area(
            "Inference worker",
            "What an inference worker has besides"
                + " (`io.millrace.inference.InferenceWorkerConfig`).",
            InferenceWorkerConfig.definition(),
            WorkerConfig.definition().names()),
        new Area(
            "Gateway", "`io.millrace.gateway.GatewayConfig`.", GatewayConfig.definition(), shared),
        new Area(
            "Avro serde",
            "`io.millrace.schemas.serde.SerdeConfig`, under the names of Confluent's serializers."
                + " Keys that are not its own are ignored, as Kafka's clients hand theirs on.",
            SerdeConfig.DEFINITION,
            Set.of()));
  }

  private static MarkdownTable table(Area area) {
    MarkdownTable table = new MarkdownTable("key", "type", "default", "range", "meaning");
    for (ConfigKey key : area.definition.configKeys().values()) {
      if (!area.leftOut.contains(key.name)) {
        table.row(
            "`" + key.name + "`",
            key.type().toString().toLowerCase(Locale.ROOT),
            defaultOf(key),
            key.validator == null ? "" : key.validator.toString(),
            key.documentation);
      }
    }
    return table;
  }

  private static String defaultOf(ConfigKey key) {
    if (!key.hasDefault()) {
      return "required";
    }
    Object value = key.defaultValue instanceof Password secret ? secret.value() : key.defaultValue;
    if (value == null || value.toString().isEmpty()) {
      return "empty";
    }
    String text = value instanceof List<?> list ? join(list) : value.toString();
    return "`" + text + "`";
  }

  private static String join(List<?> list) {
    return String.join(",", list.stream().map(String::valueOf).toList());
  }
}
