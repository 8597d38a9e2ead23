package io.millrace.benchmarks.architecture;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds what only the sources tell: that tests do not sleep, and that all of them are run. */
class SourcesTest {

  private static final Path ROOT =
      Path.of(
          requireNonNull(
              System.getProperty("millrace.root"),
              "the system property millrace.root is the project's folder; Surefire sets it"));

  /** Spelt apart, so that this file does not find itself. */
  private static final String SLEEP = "Thread." + "sleep(";

  private static final Pattern TEST = Pattern.compile("(?m)^  @(Test|Property|Example)\\b");

  @Test
  void testsDoNotSleep() throws IOException {
    assertThat(testSources())
        .as("the tests of all modules lie under %s", ROOT)
        .isNotEmpty()
        .filteredOn(file -> text(file).contains(SLEEP))
        .as("wait for a condition with Awaitility, or use virtual time")
        .isEmpty();
  }

  /** Surefire takes classes by their names; a test in another is never run. */
  @Test
  void testsAreInClassesThatAreRun() throws IOException {
    assertThat(testSources())
        .filteredOn(file -> TEST.matcher(text(file)).find())
        .filteredOn(file -> !file.getFileName().toString().endsWith("Test.java"))
        .filteredOn(file -> !text(file).contains("abstract class ") && !isInterface(file))
        .as("name the class ...Test")
        .isEmpty();
  }

  private static boolean isInterface(Path file) {
    String name = file.getFileName().toString().replace(".java", "");
    return text(file).contains("interface " + name);
  }

  private static List<Path> testSources() throws IOException {
    try (Stream<Path> modules = Files.list(ROOT)) {
      return modules
          .map(module -> module.resolve("src/test/java"))
          .filter(Files::isDirectory)
          .flatMap(SourcesTest::javaFiles)
          .toList();
    }
  }

  private static Stream<Path> javaFiles(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder, e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }
}
