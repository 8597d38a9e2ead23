package io.millrace.platform.demo.analysis;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Resolves relative paths below the root of a tree. */
final class RelativePath {

  private RelativePath() {}

  /**
   * Where {@code relative} leads from the folder of {@code file}.
   *
   * @return the path below the root, null if it leads out of the tree
   */
  static @Nullable String resolve(String file, String relative) {
    Deque<String> parts = new ArrayDeque<>();
    String folder = folder(file);
    String joined = folder.isEmpty() ? relative : folder + "/" + relative;
    for (String part : joined.split("/", -1)) {
      if (part.equals("..")) {
        if (parts.pollLast() == null) {
          return null;
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return String.join("/", parts);
  }

  /** The folder of a path, empty at the root. */
  static String folder(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }
}
