package io.millrace.schemas.evolution;

import java.nio.file.Path;
import java.util.Objects;

/** Where this project's schema sources and releases lie. */
final class Sources {

  static final Path ROOT =
      Path.of(
              Objects.requireNonNull(
                  System.getProperty("millrace.root"),
                  "the system property millrace.root is the repository's folder; Surefire sets it"))
          .resolve("schemas");
  static final Path AVRO = ROOT.resolve("src/main/avro");
  static final Path RELEASED = ROOT.resolve("released");

  private Sources() {}
}
