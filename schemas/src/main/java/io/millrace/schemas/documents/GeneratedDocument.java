package io.millrace.schemas.documents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * A document of the project that a program writes, and a test compares with what the program would
 * write.
 *
 * @param file from the project's folder, such as {@code docs/topics.md}
 * @param writer the program
 * @param text makes the document, in Markdown; the same for the same code
 */
public record GeneratedDocument(String file, Class<?> writer, Supplier<String> text) {

  /**
   * The program: writes the document to the file that is its one argument.
   *
   * @throws IllegalArgumentException if that is missing or is not alone
   * @throws IOException if the file cannot be written
   */
  public void write(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      throw new IllegalArgumentException(
          "Expected one argument, the file to write (%s), got %d"
              .formatted(file, arguments.length));
    }
    Files.writeString(Path.of(arguments[0]), text.get(), StandardCharsets.UTF_8);
  }

  /** The command that writes it again, to be run in the project's folder. */
  public String command() {
    return "mvn -q package -DskipTests && java -cp 'benchmarks/target/lib/*' %s %s"
        .formatted(writer.getName(), file);
  }

  /**
   * How a document begins: with its title, and with where it comes from.
   *
   * @param source what it says, for people
   */
  public static String head(String title, Class<?> writer, String source) {
    return """
        # %s

        Written by `%s` from %s; do not edit.
        """
        .formatted(title, writer.getName(), source);
  }
}
