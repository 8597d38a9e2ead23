package io.millrace.platform.cli;

import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.log.TargetTable;
import io.millrace.schemas.text.Spelling;
import io.millrace.schemas.topics.Topics;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the declarations of a model that a user names. */
final class ModelLookup {
  private ModelLookup() {}

  /**
   * The versions of a model, the newest first; of the one version where one is named.
   *
   * @throws CommandException if there is none, naming those that there are
   */
  static List<TargetSpec> versions(
      Cluster cluster, Progress progress, String model, @Nullable String version) {
    TargetTable table = new TargetTable();
    new TableReader(cluster, progress).read(Topics.TARGETS).forEach(table::put);
    List<TargetSpec> versions = table.versions(model);
    if (versions.isEmpty()) {
      TreeSet<String> known = new TreeSet<>();
      table.models().stream()
          .filter(target -> target.getKind() == TargetKind.MODEL)
          .forEach(target -> known.add(target.getName()));
      throw CommandException.failed(
          "there is no model '"
              + model
              + "'"
              + (known.isEmpty()
                  ? "; none is declared: put one into the model repository, or apply one"
                  : Spelling.hint(model, known)));
    }
    if (version == null) {
      return versions;
    }
    List<TargetSpec> named =
        versions.stream().filter(target -> target.getVersion().equals(version)).toList();
    if (named.isEmpty()) {
      throw CommandException.failed(
          "model '%s' has no version %s; expected one of: %s"
              .formatted(
                  model,
                  version,
                  String.join(", ", versions.stream().map(TargetSpec::getVersion).toList())));
    }
    return named;
  }
}
