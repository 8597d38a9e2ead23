package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.schemas.topics.RecordKeys;
import io.millrace.schemas.topics.Topic;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace produce}: writes lines of JSON to a topic as Avro records of its class. */
@Command(
    name = "produce",
    mixinStandardHelpOptions = true,
    description = "Write lines of JSON to a topic of the catalogue, as Avro.",
    footer = {
      "",
      "Absent fields take their defaults; an absent id is made, an absent occurred_at is now.",
      "Times are ISO-8601 or milliseconds.",
      "The first line that is wrong ends the command; the lines before it are written."
    })
final class ProduceCommand implements Callable<Integer> {
  private static final int LINE_CHARS_MAX = 8 << 20;

  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "TOPIC", description = "Name of the topic.")
  private String topic;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "Lines of JSON, one record each; - is standard input.")
  private String file;

  @Option(
      names = "--key-field",
      paramLabel = "FIELD",
      description = "Field whose text is the key, instead of the catalogue's.")
  private @Nullable String keyField;

  private final AtomicReference<@Nullable Exception> refused = new AtomicReference<>();

  @Override
  public Integer call() throws IOException {
    return produce(CatalogueTopics.require(topic));
  }

  private <T extends SpecificRecord> int produce(Topic<T> to) throws IOException {
    RecordLines<T> lines =
        new RecordLines<>(to.record(), InstantSource.system(), new SecureRandom());
    long count = 0;
    try (BufferedReader reader =
            new BufferedReader(new InputStreamReader(open(), StandardCharsets.UTF_8));
        Cluster cluster = connection.connect();
        Producer<String, T> producer = cluster.producer(to);
        Progress progress = new Progress(output)) {
      long number = 0;
      for (String line = next(reader, 1); line != null; line = next(reader, number + 1)) {
        number++;
        if (!line.isBlank()) {
          T record = lines.read(where(number), line);
          send(producer, to, record);
          count++;
          long written = count;
          progress.tick(() -> written + " records written");
        }
        failIfRefused();
      }
      producer.flush();
      failIfRefused();
    }
    output.out().println(count + " records written to " + to.name());
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("topic", to.name());
    json.put("records", count);
    output.writeJson(json);
    return ExitCode.OK;
  }

  private <T extends SpecificRecord> void send(
      Producer<String, T> producer, Topic<T> to, T record) {
    producer.send(
        new ProducerRecord<>(to.name(), key(to, record), record),
        (metadata, e) -> {
          if (e != null) {
            refused.compareAndSet(null, e);
          }
        });
  }

  private void failIfRefused() {
    Exception e = refused.get();
    if (e instanceof RuntimeException runtime) {
      throw runtime;
    }
    if (e != null) {
      throw new CommandException(ExitCode.FAILED, "the broker refused: " + e.getMessage(), e);
    }
  }

  private @Nullable String key(Topic<?> to, SpecificRecord record) {
    if (keyField == null) {
      return RecordKeys.of(to.key(), record);
    }
    Schema.Field field = record.getSchema().getField(keyField);
    if (field == null) {
      throw CommandException.usage(
          "--key-field: " + record.getSchema().getName() + " has no field '" + keyField + "'");
    }
    Object value = record.get(field.pos());
    return value == null ? null : value.toString();
  }

  private InputStream open() {
    if (file.equals("-")) {
      return new FilterInputStream(System.in) {
        @Override
        public void close() {
          // Standard input belongs to the process, not to this command.
        }
      };
    }
    try {
      if (Files.isDirectory(Path.of(file))) {
        throw CommandException.usage(file + ": is a directory; expected a file");
      }
      return Files.newInputStream(Path.of(file));
    } catch (NoSuchFileException e) {
      throw CommandException.usage(file + ": there is no such file");
    } catch (IOException e) {
      throw new CommandException(ExitCode.USAGE, file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Like readLine, but of a bounded length. */
  private @Nullable String next(BufferedReader reader, long number) throws IOException {
    StringBuilder line = new StringBuilder();
    int c = reader.read();
    if (c < 0) {
      return null;
    }
    while (c >= 0 && c != '\n') {
      if (line.length() >= LINE_CHARS_MAX) {
        throw CommandException.usage(
            where(number) + ": the line is longer than 8 Mi characters; no record is that large");
      }
      line.append((char) c);
      c = reader.read();
    }
    return line.toString();
  }

  private String where(long number) {
    return (file.equals("-") ? "standard input" : file) + ":" + number;
  }
}
