package io.millrace.schemas.evolution;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.avro.SchemaParser;

/** Reads the schemas of a folder of {@code .avsc} files, by their full names. */
public final class SchemaFiles {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String EXTENSION = ".avsc";

  private SchemaFiles() {}

  /**
   * Reads every {@code .avsc} file under a folder as one set: each may refer to types that another
   * defines.
   *
   * @return every named type that the files define, by full name
   * @throws UncheckedIOException if the folder cannot be read
   * @throws org.apache.avro.SchemaParseException if a file is not a schema, or refers to a type
   *     that none of them defines
   */
  public static SortedMap<String, Schema> readSet(Path folder) {
    SchemaParser parser = new SchemaParser();
    inOrderOfUse(list(folder, Integer.MAX_VALUE)).forEach(parser::parse);
    SortedMap<String, Schema> types = new TreeMap<>();
    parser.getParsedNamedSchemas().forEach(schema -> types.put(schema.getFullName(), schema));
    return types;
  }

  /**
   * Reads the messages of a folder of sources: the records whose files lie directly in it. The
   * types that only occur inside messages lie in folders below.
   *
   * @return the messages by full name
   * @throws UncheckedIOException if the folder cannot be read
   */
  public static SortedMap<String, Schema> readMessages(Path folder) {
    SortedMap<String, Schema> types = readSet(folder);
    SortedMap<String, Schema> messages = new TreeMap<>();
    for (Schema schema : types.values()) {
      if (Files.exists(folder.resolve(schema.getName() + EXTENSION))) {
        messages.put(schema.getFullName(), schema);
      }
    }
    return messages;
  }

  /**
   * Reads a folder of self-contained schemas, one per file, each with its own copy of the types it
   * uses.
   *
   * @return the schemas by full name
   * @throws UncheckedIOException if the folder cannot be read
   * @throws org.apache.avro.SchemaParseException if a file is not a schema, or is not
   *     self-contained
   */
  public static SortedMap<String, Schema> readSelfContained(Path folder) {
    SortedMap<String, Schema> schemas = new TreeMap<>();
    for (Path file : list(folder, 1)) {
      Schema schema = new SchemaParser().parse(text(file)).mainSchema();
      schemas.put(schema.getFullName(), schema);
    }
    return schemas;
  }

  static Path fileOf(Path folder, Schema schema) {
    return folder.resolve(schema.getName() + EXTENSION);
  }

  /**
   * Puts definitions before their uses: the parser cannot check a default against a type that it
   * has not seen.
   */
  private static Collection<String> inOrderOfUse(List<Path> files) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Path file : files) {
      String text = text(file);
      texts.put(nameIn(file, text), text);
    }
    Map<String, String> ordered = new LinkedHashMap<>();
    texts.keySet().forEach(name -> addAfterWhatItUses(name, texts, ordered, new HashSet<>()));
    return ordered.values();
  }

  private static void addAfterWhatItUses(
      String name, Map<String, String> texts, Map<String, String> ordered, Set<String> under) {
    String text = texts.get(name);
    if (text == null || ordered.containsKey(name) || !under.add(name)) {
      return;
    }
    for (String other : texts.keySet()) {
      if (text.contains('"' + other + '"')) {
        addAfterWhatItUses(other, texts, ordered, under);
      }
    }
    ordered.put(name, text);
  }

  private static String nameIn(Path file, String text) {
    try {
      JsonNode schema = JSON.readTree(text);
      return schema.path("namespace").asText() + '.' + schema.path("name").asText();
    } catch (JsonProcessingException e) {
      throw new SchemaParseException("The schema file " + file + " is not JSON: " + e.getMessage());
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the schema file " + file, e);
    }
  }

  private static List<Path> list(Path folder, int depth) {
    try (Stream<Path> files = Files.walk(folder, depth)) {
      return files.filter(file -> file.toString().endsWith(EXTENSION)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list the schema folder " + folder, e);
    }
  }
}
