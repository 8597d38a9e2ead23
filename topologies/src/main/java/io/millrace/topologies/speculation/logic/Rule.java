package io.millrace.topologies.speculation.logic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How a call is made out of what a conversation has shown: for each argument where its value comes
 * from.
 *
 * @param target what is called
 * @param bindings by name of the argument
 */
record Rule(String target, Map<String, Binding> bindings) {
  private static final int DERIVED_MAX = 4;
  private static final int ARGUMENTS_MAX = 16;

  Rule {
    bindings = Map.copyOf(bindings);
  }

  /**
   * Where one argument comes from.
   *
   * @param source null if it is always the same
   * @param constant the value that is always the same; null if there is a source
   */
  record Binding(@Nullable Source source, @Nullable JsonNode constant) {
    List<JsonNode> values(Sources sources) {
      if (source != null) {
        return sources.of(source);
      }
      return constant == null ? List.of() : List.of(constant);
    }
  }

  /**
   * The rules by which a call could have been foretold: one for each target whose step shows at
   * least one of the arguments; the other arguments come from wherever they were shown last, or are
   * taken for constants.
   */
  static List<Rule> of(Step call, Sources sources) {
    Map<String, List<Source>> shown = new TreeMap<>();
    call.arguments()
        .properties()
        .forEach(field -> shown.put(field.getKey(), sources.of(field.getValue())));
    if (shown.size() > ARGUMENTS_MAX) {
      return List.of();
    }
    Set<String> targets = new LinkedHashSet<>();
    shown.values().forEach(list -> list.forEach(source -> targets.add(source.target())));
    if (targets.isEmpty()) {
      return List.of(new Rule(call.target(), bindings(call, shown, "")));
    }
    return targets.stream()
        .limit(DERIVED_MAX)
        .map(from -> new Rule(call.target(), bindings(call, shown, from)))
        .toList();
  }

  private static Map<String, Binding> bindings(
      Step call, Map<String, List<Source>> shown, String from) {
    Map<String, Binding> bindings = new LinkedHashMap<>();
    shown.forEach(
        (argument, list) ->
            bindings.put(
                argument,
                list.isEmpty()
                    ? new Binding(null, call.arguments().get(argument))
                    : new Binding(preferred(list, from), null)));
    return bindings;
  }

  private static Source preferred(List<Source> shown, String from) {
    return shown.stream()
        .filter(source -> source.target().equals(from))
        .findFirst()
        .orElse(shown.get(0));
  }

  /**
   * The next call by this rule: arguments are taken from their sources in step, the first values
   * first, so that a list is walked along.
   *
   * @param asked whether a call was made already, given its arguments
   * @return its arguments; null if a source shows nothing, or all was asked
   */
  @Nullable ObjectNode next(Sources sources, Predicate<ObjectNode> asked) {
    Map<String, List<JsonNode>> values = new TreeMap<>();
    int most = 1;
    for (Map.Entry<String, Binding> binding : bindings.entrySet()) {
      List<JsonNode> shown = binding.getValue().values(sources);
      if (shown.isEmpty()) {
        return null;
      }
      most = Math.max(most, shown.size());
      values.put(binding.getKey(), shown);
    }
    for (int i = 0; i < most; i++) {
      ObjectNode arguments = JsonNodeFactory.instance.objectNode();
      for (Map.Entry<String, List<JsonNode>> entry : values.entrySet()) {
        List<JsonNode> shown = entry.getValue();
        arguments.set(entry.getKey(), shown.get(Math.min(i, shown.size() - 1)));
      }
      if (!asked.test(arguments)) {
        return arguments;
      }
    }
    return null;
  }

  /** For people: where the arguments come from. */
  String text() {
    List<String> parts = new ArrayList<>();
    new TreeMap<>(bindings)
        .forEach(
            (argument, binding) -> {
              Source source = binding.source();
              parts.add(
                  argument
                      + (source == null
                          ? " as always"
                          : " from %s of %s"
                              .formatted(
                                  source.place(),
                                  source.target().equals(Step.SAID)
                                      ? "what was said"
                                      : source.target())));
            });
    return String.join(", ", parts);
  }
}
