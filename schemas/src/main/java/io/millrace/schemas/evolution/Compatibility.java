package io.millrace.schemas.evolution;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;

/** Says what keeps present schemas from being fully compatible with a release. */
public final class Compatibility {

  private static final String REMEDY =
      " A released record may only gain fields that have a default, and symbols in an enum that has"
          + " one. So undo the change, and add a new field or a new record beside the old one.";

  private Compatibility() {}

  /**
   * Checks both directions: the present schemas read what the release wrote, and the release reads
   * what the present schemas write.
   *
   * @param present the messages as they are, by full name
   * @param release name of the release, for the messages
   * @param released the messages of the release, by full name
   * @return one text per incompatibility, for people; empty if there is none
   */
  public static List<String> problems(
      SortedMap<String, Schema> present, String release, SortedMap<String, Schema> released) {
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, Schema> entry : released.entrySet()) {
      Schema now = present.get(entry.getKey());
      if (now == null) {
        problems.add(
            entry.getKey()
                + " was released in "
                + release
                + " and is gone. Others may still write it: restore it.");
        continue;
      }
      describe(now, entry.getValue(), now.getName() + " cannot read what " + release + " wrote: ")
          .forEach(problems::add);
      describe(entry.getValue(), now, release + " cannot read what " + now.getName() + " writes: ")
          .forEach(problems::add);
    }
    return problems;
  }

  private static List<String> describe(Schema reader, Schema writer, String what) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
        .getResult()
        .getIncompatibilities()
        .stream()
        .map(problem -> what + text(problem) + REMEDY)
        .toList();
  }

  private static String text(Incompatibility problem) {
    return problem.getType() + " at " + problem.getLocation() + ", " + problem.getMessage() + ".";
  }
}
