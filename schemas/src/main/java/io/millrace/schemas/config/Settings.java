package io.millrace.schemas.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;

/**
 * The settings that every kind of process on a cluster has; a kind adds its own to {@link
 * #definition()}. They are checked all at once: an unknown or wrong key refuses to start.
 */
public abstract class Settings extends AbstractConfig {
  /** Kafka brokers. */
  public static final String BOOTSTRAP_SERVERS = "bootstrap.servers";

  /** Schema registry. */
  public static final String SCHEMA_REGISTRY_URL = "schema.registry.url";

  /** Port of metrics and health. */
  public static final String HTTP_PORT = "http.port";

  /** Settings with this prefix go to the Kafka clients as they are, such as those for TLS. */
  public static final String KAFKA_PREFIX = "kafka.";

  private static final String CONFIG = "--config";

  /**
   * Checked settings.
   *
   * @param area name of the kind of process, for messages
   * @param definition from {@link #definition()}, with the keys of the kind added
   * @param given keys and values as given
   * @throws ConfigException naming every unknown key and every missing or wrong value, in one line
   */
  protected Settings(String area, ConfigDef definition, Map<String, ?> given) {
    super(definition, checked(area, definition, given), false);
  }

  /** The keys that every kind of process has; a new object at each call. */
  public static ConfigDef definition() {
    return new ConfigDef()
        .define(
            BOOTSTRAP_SERVERS,
            Type.LIST,
            ConfigDef.NO_DEFAULT_VALUE,
            Importance.HIGH,
            "Brokers, HOST:PORT, separated by commas.")
        .define(
            SCHEMA_REGISTRY_URL,
            Type.LIST,
            ConfigDef.NO_DEFAULT_VALUE,
            Importance.HIGH,
            "Schema registry, http://HOST:PORT.")
        .define(
            HTTP_PORT,
            Type.INT,
            0,
            ConfigDef.Range.between(0, 65_535),
            Importance.LOW,
            "Port on 127.0.0.1 for /metrics, /livez and /readyz of a process of its own; 0: any"
                + " free one.");
  }

  /**
   * The settings in a file of lines {@code key=value}, in the format of Java's properties.
   *
   * @throws IOException if it cannot be read
   */
  public static Map<String, String> read(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException("The settings file '" + file + "' cannot be read: " + e, e);
    }
    Map<String, String> settings = new HashMap<>();
    properties.stringPropertyNames().forEach(n -> settings.put(n, properties.getProperty(n)));
    return settings;
  }

  /**
   * The settings that a command line gives; {@code --config FILE} reads further ones from a file,
   * which the options override.
   *
   * @param options to the keys that they set
   * @param usage shown where an option is wrong
   * @throws IllegalArgumentException if an option is unknown or lacks its value
   * @throws IOException if the file cannot be read
   */
  public static Map<String, String> read(
      Map<String, String> options, String usage, String... arguments) throws IOException {
    Map<String, String> given = new HashMap<>();
    Map<String, String> settings = new HashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      String key = options.get(arguments[i]);
      if (key == null && !arguments[i].equals(CONFIG)) {
        throw new IllegalArgumentException("Unknown option '" + arguments[i] + "'. " + usage);
      }
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException(
            "The option " + arguments[i] + " needs a value. " + usage);
      }
      if (key == null) {
        settings.putAll(read(Path.of(arguments[i + 1])));
      } else {
        given.put(key, arguments[i + 1]);
      }
    }
    settings.putAll(given);
    return settings;
  }

  /** Port for metrics and health; 0: any free one. */
  public final int httpPort() {
    return getInt(HTTP_PORT);
  }

  /** What every Kafka client of the process is given; a new map at each call. */
  public final Map<String, Object> kafka() {
    Map<String, Object> settings = new HashMap<>(originalsWithPrefix(KAFKA_PREFIX));
    settings.put(BOOTSTRAP_SERVERS, getList(BOOTSTRAP_SERVERS));
    return settings;
  }

  /** What the Avro serde is given; a new map at each call. */
  public final Map<String, Object> serde() {
    Map<String, Object> settings = new HashMap<>();
    settings.put(SCHEMA_REGISTRY_URL, String.join(",", getList(SCHEMA_REGISTRY_URL)));
    return settings;
  }

  private static Map<String, String> checked(
      String area, ConfigDef definition, Map<String, ?> given) {
    Map<String, String> texts = new HashMap<>();
    given.forEach((key, value) -> texts.put(key, String.valueOf(value)));
    Map<String, String> own = new HashMap<>(texts);
    own.keySet().removeIf(key -> key.startsWith(KAFKA_PREFIX));
    List<String> problems = new ArrayList<>();
    for (String key : new TreeSet<>(own.keySet())) {
      if (!definition.names().contains(key)) {
        problems.add(
            "unknown key '%s' (known: %s)"
                .formatted(key, String.join(", ", new TreeSet<>(definition.names()))));
      }
    }
    for (ConfigValue value : definition.validate(own)) {
      problems.addAll(value.errorMessages());
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(area + " settings: " + String.join("; ", problems));
    }
    return texts;
  }
}
