package io.millrace.benchmarks.plans;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.platform.cli.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Reads the shapes of plans from a data set: Berkeley Function Calling's expected answers (a line
 * is a JSON object whose {@code ground_truth} lists calls that depend on nothing) or LLMCompiler's
 * questions (an array of objects whose {@code branch} counts look-ups that one call joins).
 */
final class PlanFile {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CALLS_MAX = 1_000;

  private PlanFile() {}

  /**
   * Reads a file.
   *
   * @param seed of the calls' times
   * @throws CommandException if the file cannot be read or holds no plans
   */
  static List<PlanShape> read(Path file, long seed) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw CommandException.usage("--file: %s cannot be read: %s".formatted(file, e.getMessage()));
    }
    return parse(text, file.toString(), seed);
  }

  static List<PlanShape> parse(String text, String name, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<PlanShape> plans =
        text.stripLeading().startsWith("[")
            ? questions(text, name, random)
            : answers(text, name, random);
    if (plans.isEmpty()) {
      throw CommandException.usage("--file: %s holds no plans".formatted(name));
    }
    return plans;
  }

  private static List<PlanShape> questions(String text, String name, SplittableRandom random) {
    List<PlanShape> plans = new ArrayList<>();
    JsonNode array = tree(text, name);
    for (int i = 0; i < array.size(); i++) {
      String place = "%s, element %d: 'branch'".formatted(name, i);
      JsonNode branch = array.get(i).path("branch");
      if (!branch.isIntegralNumber() || !branch.canConvertToInt()) {
        throw CommandException.usage(
            "--file: %s: expected a whole number, but %s is given"
                .formatted(place, branch.isMissingNode() ? "nothing" : branch.toString()));
      }
      plans.add(PlanShape.drawn(checked(branch.intValue(), place), true, random));
    }
    return plans;
  }

  private static List<PlanShape> answers(String text, String name, SplittableRandom random) {
    List<PlanShape> plans = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank()) {
        String where = "%s, line %d".formatted(name, number);
        JsonNode calls = tree(line, where).path("ground_truth");
        if (calls.isMissingNode()) {
          throw CommandException.usage(
              "--file: %s: has no 'ground_truth'; expected BFCL's answers (possible_answer), not its questions"
                  .formatted(where));
        }
        plans.add(
            PlanShape.drawn(
                checked(calls.size(), where + ": calls in 'ground_truth'"), false, random));
      }
    }
    return plans;
  }

  private static JsonNode tree(String text, String where) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw CommandException.usage(
          "--file: %s is not JSON: %s".formatted(where, e.getOriginalMessage()));
    }
  }

  private static int checked(int calls, String what) {
    if (calls < 1 || calls > CALLS_MAX) {
      throw CommandException.usage(
          "--file: %s: expected 1 to %d, but %d are given".formatted(what, CALLS_MAX, calls));
    }
    return calls;
  }
}
