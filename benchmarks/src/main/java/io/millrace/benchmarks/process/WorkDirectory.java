package io.millrace.benchmarks.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A temporary directory for data and logs, deleted at the end unless something went wrong. */
public final class WorkDirectory implements AutoCloseable {
  private final Path path;
  private boolean keep = true;

  private WorkDirectory(Path path) {
    this.path = path;
  }

  /** Makes one in the system's temporary directory. */
  public static WorkDirectory create(String name) {
    try {
      return new WorkDirectory(Files.createTempDirectory("millrace-" + name + "-"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** A new directory in it. */
  public Path sub(String name) {
    try {
      return Files.createDirectories(path.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All went well: nobody will want to read the logs. */
  public void done() {
    keep = false;
  }

  @Override
  public void close() {
    if (keep) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
