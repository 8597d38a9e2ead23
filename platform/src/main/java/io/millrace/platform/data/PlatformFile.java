package io.millrace.platform.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code platform.json} in a data directory says: which process works on it and where it can
 * be reached.
 *
 * @param pid of the process
 * @param startedAt when that process started, ISO-8601
 * @param ready whether the addresses below can be used
 * @param bootstrapServers the broker, null until it is known
 * @param schemaRegistryUrl null until it is known
 * @param httpUrl where {@code /metrics}, {@code /livez} and {@code /readyz} are, null until known
 * @param partUrls where parts such as the gateway listen
 */
public record PlatformFile(
    long pid,
    String startedAt,
    boolean ready,
    @Nullable String bootstrapServers,
    @Nullable String schemaRegistryUrl,
    @Nullable String httpUrl,
    List<String> partUrls) {

  static final String NAME = "platform.json";

  /** Start times are told to the clock tick; two processes of one id are further apart. */
  private static final Duration SAME_START = Duration.ofSeconds(2);

  // Trees rather than bound classes: binding costs 100 ms at the very start of the process.
  private static final ObjectMapper JSON = new ObjectMapper();

  /** This process, not ready yet. */
  static PlatformFile ofThisProcess() {
    ProcessHandle self = ProcessHandle.current();
    Instant started = self.info().startInstant().orElseGet(Instant::now);
    return new PlatformFile(self.pid(), started.toString(), false, null, null, null, List.of());
  }

  /** The same process, ready at these addresses. */
  PlatformFile readyAt(String bootstrap, String registry, String http, List<String> parts) {
    return new PlatformFile(pid, startedAt, true, bootstrap, registry, http, parts);
  }

  /**
   * Reads the file of a data directory.
   *
   * @return nothing when there is none, or one that was cut off while it was written
   * @throws IOException when it cannot be read
   */
  public static Optional<PlatformFile> read(Path data) throws IOException {
    try {
      List<String> partUrls = new ArrayList<>();
      JsonNode file = JSON.readTree(Files.readAllBytes(data.resolve(NAME)));
      file.path("part_urls").forEach(url -> partUrls.add(url.asText()));
      return Optional.of(
          new PlatformFile(
              file.path("pid").asLong(-1),
              file.path("started_at").asText(""),
              file.path("ready").asBoolean(false),
              file.path("bootstrap_servers").textValue(),
              file.path("schema_registry_url").textValue(),
              file.path("http_url").textValue(),
              partUrls));
    } catch (NoSuchFileException | JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether the process that wrote this still runs. After a {@code kill -9} the file stays, and its
   * process id may belong to another program by now.
   */
  public boolean isRunning() {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().startInstant())
        .map(started -> Duration.between(started, startedInstant()).abs().compareTo(SAME_START) < 0)
        .orElse(false);
  }

  private Instant startedInstant() {
    try {
      return Instant.parse(startedAt);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  private ObjectNode json() {
    ObjectNode file =
        JSON.createObjectNode()
            .put("pid", pid)
            .put("started_at", startedAt)
            .put("ready", ready)
            .put("bootstrap_servers", bootstrapServers)
            .put("schema_registry_url", schemaRegistryUrl)
            .put("http_url", httpUrl);
    ArrayNode urls = file.putArray("part_urls");
    partUrls.forEach(urls::add);
    return file;
  }

  void write(Path data) throws IOException {
    Path fresh = data.resolve(NAME + ".new");
    Files.write(fresh, json().toPrettyString().getBytes(StandardCharsets.UTF_8));
    Files.move(
        fresh,
        data.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
