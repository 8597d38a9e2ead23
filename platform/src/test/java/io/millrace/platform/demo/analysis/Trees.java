package io.millrace.platform.demo.analysis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds small source trees. */
final class Trees {

  private Trees() {}

  static void write(Path root, String path, String content) throws IOException {
    Path file = root.resolve(path);
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.writeString(file, content);
  }
}
