package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads the text files below a root in the order of their names, within limits.
 *
 * <p>Skipped: version control, build output and dependency folders, symbolic links, binary files (a
 * NUL byte in the first 8 KiB) and files above the size limit. What cannot be read is counted. An
 * instance reads one tree once.
 */
final class SourceTree {

  private static final int BINARY_PROBE_BYTES = 8192;

  private static final Set<String> SKIPPED_DIRECTORIES =
      Set.of(
          ".git",
          ".hg",
          ".svn",
          "target",
          "node_modules",
          "bower_components",
          "build",
          "dist",
          "out",
          "bin",
          "obj",
          ".gradle",
          ".idea",
          ".vscode",
          ".mvn",
          ".venv",
          "venv",
          "__pycache__",
          ".tox",
          ".mypy_cache",
          ".pytest_cache",
          ".next",
          "vendor",
          ".cache",
          ".millrace");

  private final Path root;
  private final TreeLimits limits;
  private int files;
  private long bytes;
  private int entries;
  private int unreadable;
  private int binary;
  private int oversized;
  private int links;
  private boolean truncated;

  private SourceTree(Path root, TreeLimits limits) {
    this.root = root;
    this.limits = limits;
  }

  /**
   * Hands every text file below {@code root} to {@code reader} and returns what was read and
   * skipped.
   *
   * @throws IllegalArgumentException if {@code root} is not a directory
   * @throws IOException if {@code root} cannot be listed
   */
  static SourceTree read(Path root, TreeLimits limits, Consumer<SourceFile> reader)
      throws IOException {
    if (!Files.isDirectory(root)) {
      throw new IllegalArgumentException(
          "'" + root + "' is not a directory: give the folder whose sources should be analysed");
    }
    SourceTree tree = new SourceTree(root.toRealPath(), limits);
    tree.visit(tree.list(tree.root), "", 1, reader);
    return tree;
  }

  /** Number of files read. */
  int files() {
    return files;
  }

  /** Adds the object {@code tree} to a result: what was read, what was skipped and why. */
  void describe(ObjectNode result) {
    ObjectNode tree = result.putObject("tree");
    tree.put("files", files);
    tree.put("size_bytes", bytes);
    tree.put("skipped_binary", binary);
    tree.put("skipped_oversized", oversized);
    tree.put("skipped_links", links);
    tree.put("unreadable", unreadable);
    tree.put("truncated", truncated);
  }

  private void visit(List<Path> children, String prefix, int depth, Consumer<SourceFile> reader) {
    for (Path child : children) {
      if (full()) {
        truncated = true;
        return;
      }
      String name = String.valueOf(child.getFileName());
      BasicFileAttributes attributes;
      try {
        attributes =
            Files.readAttributes(child, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      } catch (IOException e) {
        unreadable++;
        continue;
      }
      if (attributes.isSymbolicLink()) {
        links++;
      } else if (attributes.isDirectory()) {
        descend(child, name, prefix, depth, reader);
      } else if (attributes.isRegularFile()) {
        open(child, prefix + name, name, attributes.size(), reader);
      }
    }
  }

  private void descend(
      Path directory, String name, String prefix, int depth, Consumer<SourceFile> reader) {
    if (SKIPPED_DIRECTORIES.contains(name) || depth >= limits.maxDepth()) {
      truncated |= depth >= limits.maxDepth();
      return;
    }
    List<Path> children;
    try {
      children = list(directory);
    } catch (IOException e) {
      unreadable++;
      return;
    }
    visit(children, prefix + name + "/", depth + 1, reader);
  }

  private void open(Path file, String path, String name, long size, Consumer<SourceFile> reader) {
    if (size > limits.maxFileBytes()) {
      oversized++;
      return;
    }
    byte[] content;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      content = in.readNBytes(limits.maxFileBytes() + 1);
    } catch (NoSuchFileException gone) {
      // Removed between listing and reading: the tree is simply that much smaller.
      return;
    } catch (IOException e) {
      unreadable++;
      return;
    }
    if (content.length > limits.maxFileBytes()) {
      oversized++;
    } else if (isBinary(content)) {
      binary++;
    } else {
      files++;
      bytes += content.length;
      reader.accept(
          new SourceFile(
              path,
              Language.ofFile(name),
              new String(content, StandardCharsets.UTF_8),
              content.length));
    }
  }

  private boolean full() {
    return files >= limits.maxFiles() || bytes >= limits.maxTotalBytes();
  }

  private List<Path> list(Path directory) throws IOException {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path child : stream) {
        if (entries >= limits.maxEntries()) {
          truncated = true;
          break;
        }
        entries++;
        children.add(child);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    children.sort(Comparator.comparing(p -> String.valueOf(p.getFileName())));
    return children;
  }

  private static boolean isBinary(byte[] content) {
    int end = Math.min(content.length, BINARY_PROBE_BYTES);
    for (int i = 0; i < end; i++) {
      if (content[i] == 0) {
        return true;
      }
    }
    return false;
  }
}
