package io.millrace.platform.apply;

import io.millrace.events.Fallback;
import io.millrace.events.TargetSpec;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The targets and pools that a {@code targets.yaml} declares.
 *
 * @param targets in the file's order, their {@code id} empty and {@code occurred_at} zero
 * @param pools those declared
 * @param implied pools that a target names without a declaration, as they are unless someone
 *     declares them
 */
public record TargetsFile(
    List<TargetSpec> targets, List<TargetSpec> pools, List<TargetSpec> implied) {

  /** Copies the lists. */
  public TargetsFile {
    targets = List.copyOf(targets);
    pools = List.copyOf(pools);
    implied = List.copyOf(implied);
  }

  /**
   * Reads a file of at most 1 MiB: YAML of one or more documents, or JSON if its name ends in
   * {@code .json}.
   *
   * @throws InvalidDocumentException with everything that is wrong with it
   */
  public static TargetsFile read(Path file) throws InvalidDocumentException {
    return parse(file.toString(), Documents.read(file));
  }

  /**
   * Reads the text of a file.
   *
   * @param file its name, for error messages and by its ending for the format
   * @throws InvalidDocumentException with everything that is wrong with it
   */
  public static TargetsFile parse(String file, String text) throws InvalidDocumentException {
    Problems problems = new Problems(file);
    Reading reading = new Reading(problems, base(file));
    List<Element> documents = Documents.parse(file, text, problems);
    documents.forEach(reading::document);
    if (documents.isEmpty()) {
      problems.add(0, "", "is empty; expected the key targets with a list, or pools");
    }
    reading.refuseCircles();
    problems.throwIfAny();
    return reading.result();
  }

  private static Path base(String file) {
    Path directory = Path.of(file).toAbsolutePath().getParent();
    return directory == null ? Path.of("").toAbsolutePath() : directory;
  }

  /** What is gathered over the documents of one file. */
  private static final class Reading {
    private final Problems problems;
    private final TargetReader reader;
    private final Map<String, TargetSpec> targets = new LinkedHashMap<>();
    private final Map<String, TargetSpec> pools = new LinkedHashMap<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();

    Reading(Problems problems, Path base) {
      this.problems = problems;
      this.reader = new TargetReader(problems, base);
    }

    void document(Element document) {
      Optional<Fields> fields = Fields.of(document, "", problems);
      if (fields.isEmpty()) {
        return;
      }
      List<Element> targetItems = fields.get().items("targets").orElse(List.of());
      for (int i = 0; i < targetItems.size(); i++) {
        String path = "targets[" + i + "]";
        Element item = targetItems.get(i);
        reader.target(item, path).ifPresent(spec -> add(targets, spec, item, path));
      }
      List<Element> poolItems = fields.get().items("pools").orElse(List.of());
      for (int i = 0; i < poolItems.size(); i++) {
        String path = "pools[" + i + "]";
        Element item = poolItems.get(i);
        reader.pool(item, path).ifPresent(spec -> add(pools, spec, item, path));
      }
      fields.get().refuseOthers();
    }

    private void add(Map<String, TargetSpec> specs, TargetSpec spec, Element item, String path) {
      Integer earlier = lines.putIfAbsent(spec.getTarget(), item.line());
      if (earlier == null) {
        specs.put(spec.getTarget(), spec);
      } else {
        problems.add(
            item.line(),
            path,
            spec.getTarget() + " is declared twice; the first is on line " + earlier);
      }
    }

    /** A call that falls back and back again would never end. */
    void refuseCircles() {
      for (TargetSpec target : targets.values()) {
        Set<String> reached = new LinkedHashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(target.getTarget()));
        while (!open.isEmpty()) {
          TargetSpec at = targets.get(open.pop());
          for (Fallback fallback : at == null ? List.<Fallback>of() : at.getFallbacks()) {
            if (reached.add(fallback.getTarget())) {
              open.push(fallback.getTarget());
            }
          }
        }
        if (reached.contains(target.getTarget())) {
          problems.add(
              lines.getOrDefault(target.getTarget(), 0),
              target.getTarget(),
              "its fallbacks lead back to itself, by way of " + String.join(", ", reached));
        }
      }
    }

    TargetsFile result() {
      List<TargetSpec> implied =
          targets.values().stream()
              .map(TargetSpec::getPool)
              .distinct()
              .map(TargetReader::pool)
              .filter(pool -> !pools.containsKey(pool.getTarget()))
              .toList();
      return new TargetsFile(
          new ArrayList<>(targets.values()), new ArrayList<>(pools.values()), implied);
    }
  }
}
