package io.millrace.platform.registry;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;

/**
 * How a new version of a subject must fit the earlier ones: Confluent's seven levels.
 *
 * <p>Backward means that the new schema reads what the earlier ones wrote, forward that the earlier
 * ones read what the new one writes. The non-transitive levels look at the latest version only.
 */
enum CompatibilityLevel {
  NONE(false, false, false),
  BACKWARD(true, false, false),
  BACKWARD_TRANSITIVE(true, false, true),
  FORWARD(false, true, false),
  FORWARD_TRANSITIVE(false, true, true),
  FULL(true, true, false),
  FULL_TRANSITIVE(true, true, true);

  private final boolean backward;
  private final boolean forward;
  private final boolean transitive;

  CompatibilityLevel(boolean backward, boolean forward, boolean transitive) {
    this.backward = backward;
    this.forward = forward;
    this.transitive = transitive;
  }

  /**
   * What keeps the candidate from following the earlier versions, in words; empty when nothing.
   *
   * @param earlier oldest first
   */
  List<String> problems(Schema candidate, List<Schema> earlier) {
    List<Schema> compared =
        transitive || earlier.isEmpty()
            ? earlier
            : earlier.subList(earlier.size() - 1, earlier.size());
    return problemsWithEach(candidate, compared);
  }

  /** As {@link #problems}, compared with every one of the given versions whatever the level. */
  List<String> problemsWithEach(Schema candidate, List<Schema> versions) {
    List<String> problems = new ArrayList<>();
    for (Schema version : versions) {
      if (backward) {
        describe("the new schema cannot read what an earlier one wrote", candidate, version)
            .forEach(problems::add);
      }
      if (forward) {
        describe("an earlier schema cannot read what the new one writes", version, candidate)
            .forEach(problems::add);
      }
    }
    return problems;
  }

  private static List<String> describe(String direction, Schema reader, Schema writer) {
    List<String> found = new ArrayList<>();
    for (Incompatibility cause :
        SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
            .getResult()
            .getIncompatibilities()) {
      found.add(
          cause.getType()
              + " at "
              + cause.getLocation()
              + ": "
              + direction
              + ": "
              + cause.getMessage());
    }
    return found;
  }
}
