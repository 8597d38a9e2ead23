package io.millrace.schemas.evolution;

import static java.util.function.Function.identity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;

/** Reads the schemas of a folder of {@code .avsc} files, by their full names. */
public final class SchemaFiles {

  private static final String EXTENSION = ".avsc";

  private SchemaFiles() {}

  /**
   * Reads every {@code .avsc} file under a folder as one set: each may refer to types that a file
   * in a deeper folder, or earlier by name in the same one, defines.
   *
   * @return every named type that the files define, by full name
   * @throws UncheckedIOException if the folder cannot be read
   * @throws org.apache.avro.SchemaParseException if a file is not a schema, or refers to a type
   *     that none of them defines
   */
  public static SortedMap<String, Schema> readSet(Path folder) {
    SchemaParser parser = new SchemaParser();
    for (Path file : list(folder, Integer.MAX_VALUE)) {
      parse(parser, file);
    }
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
      SchemaParser parser = new SchemaParser();
      Schema schema = parse(parser, file).mainSchema();
      schemas.put(schema.getFullName(), schema);
    }
    return schemas;
  }

  static Path fileOf(Path folder, Schema schema) {
    return folder.resolve(schema.getName() + EXTENSION);
  }

  private static SchemaParser.ParseResult parse(SchemaParser parser, Path file) {
    try {
      return parser.parse(file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the schema file " + file, e);
    }
  }

  private static List<Path> list(Path folder, int depth) {
    try (Stream<Path> files = Files.walk(folder, depth)) {
      // Folders first: what lies directly in the folder refers to what lies below it, and the
      // parser
      // cannot check a default against a type it has not seen.
      return files
          .filter(file -> file.toString().endsWith(EXTENSION))
          .sorted(Comparator.comparing(Path::getNameCount).reversed().thenComparing(identity()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list the schema folder " + folder, e);
    }
  }
}
