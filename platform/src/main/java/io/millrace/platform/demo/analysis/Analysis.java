package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One question asked of a whole source tree.
 *
 * <p>Every run reads the tree itself and shares nothing with another run, so that eight of them one
 * after the other do eight times the work.
 */
public interface Analysis {

  /** The name it is called by as a tool: lower case, words joined by {@code -}. */
  String name();

  /** One sentence on what it answers. */
  String description();

  /**
   * Analyses the tree under {@code root}.
   *
   * @return a JSON object under 256 KiB with {@code analysis}, {@code summary}, {@code tree} (what
   *     was read and skipped) and lists of at most {@code options.top()} findings; equal trees give
   *     equal results
   * @throws IllegalArgumentException if {@code root} is not a directory
   * @throws IOException if the root itself cannot be read; what cannot be read below it is counted
   */
  ObjectNode run(Path root, AnalysisOptions options) throws IOException;

  /** All eight, in the order in which the demo runs them. */
  static List<Analysis> all() {
    return List.of(
        new SizeCensus(),
        new CyclomaticComplexity(),
        new DuplicateBlocks(),
        new WorkMarkers(),
        new Secrets(),
        new LicenceHeaders(),
        new ImportCycles(),
        new GitChurn());
  }
}
