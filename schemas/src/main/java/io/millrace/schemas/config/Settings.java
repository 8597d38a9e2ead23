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
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;

/**
 * Settings: read from a file, and checked all at once, so that an unknown or wrong key refuses to
 * start.
 */
public final class Settings {
  private Settings() {}

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
   * Checks settings against their definition.
   *
   * @param area name of the area, for the message
   * @param definition keys with type, default and range
   * @param given keys and values as given
   * @return the parsed settings
   * @throws ConfigException naming every unknown key and every wrong value, in one line
   */
  public static AbstractConfig parse(String area, ConfigDef definition, Map<String, ?> given) {
    List<String> problems = new ArrayList<>();
    for (String key : new TreeSet<>(given.keySet())) {
      if (!definition.names().contains(key)) {
        problems.add(
            "unknown key '%s' (known: %s)"
                .formatted(key, String.join(", ", new TreeSet<>(definition.names()))));
      }
    }
    Map<String, String> texts = new HashMap<>();
    given.forEach((key, value) -> texts.put(key, String.valueOf(value)));
    for (ConfigValue value : definition.validate(texts)) {
      problems.addAll(value.errorMessages());
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(area + " settings: " + String.join("; ", problems));
    }
    return new AbstractConfig(definition, texts, false);
  }
}
