package io.millrace.topologies.speculation.logic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The values that a conversation has shown, by where they came from.
 *
 * <p>A step replaces what earlier steps of its target showed at the same place; words are kept
 * behind newer ones. Bounded: the source that was shown longest ago gives way.
 */
final class Sources {
  private static final int SOURCES_MAX = 256;
  private static final int VALUES_MAX = 32;
  private static final int DEPTH_MAX = 12;
  private static final int VALUE_LENGTH_MAX = 128;
  private static final String WHOLE = "";

  private final Map<Source, Set<JsonNode>> values =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Source, Set<JsonNode>> eldest) {
          return size() > SOURCES_MAX;
        }
      };

  /** Takes what a step shows. */
  void show(Step step) {
    Map<Source, Set<JsonNode>> shown = new LinkedHashMap<>();
    collect(step.target(), "arguments", step.arguments(), 0, shown);
    JsonNode output = step.output();
    if (output != null) {
      collect(step.target(), "output", output, 0, shown);
    }
    shown.forEach(
        (source, fresh) -> {
          Set<JsonNode> before = values.remove(source);
          if (before != null && step.isSaid()) {
            before.forEach(value -> add(fresh, value));
          }
          values.put(source, fresh);
        });
  }

  private static void collect(
      String target, String place, JsonNode node, int depth, Map<Source, Set<JsonNode>> into) {
    if (depth > DEPTH_MAX) {
      return;
    }
    if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  collect(target, place + '.' + field.getKey(), field.getValue(), depth + 1, into));
    } else if (node.isArray()) {
      node.forEach(element -> collect(target, place + ".*", element, depth + 1, into));
    } else if (node.isTextual() && (target.equals(Step.SAID) || Tokens.isText(node.textValue()))) {
      for (String token : Tokens.of(node.textValue())) {
        put(new Source(target, place, Tokens.shape(token)), TextNode.valueOf(token), into);
      }
    } else if (node.isTextual() || node.isNumber()) {
      put(new Source(target, place, WHOLE), node, into);
    }
  }

  private static void put(Source source, JsonNode value, Map<Source, Set<JsonNode>> into) {
    boolean room = into.size() < SOURCES_MAX || into.containsKey(source);
    if (room && value.asText().length() <= VALUE_LENGTH_MAX) {
      add(into.computeIfAbsent(source, s -> new LinkedHashSet<>()), value);
    }
  }

  private static void add(Set<JsonNode> values, JsonNode value) {
    if (values.size() < VALUES_MAX) {
      values.add(value);
    }
  }

  /** What the source shows now, in its order; empty if nothing. */
  List<JsonNode> of(Source source) {
    Set<JsonNode> shown = values.get(source);
    return shown == null ? List.of() : List.copyOf(shown);
  }

  /** Where the value is shown, what was shown last first. */
  List<Source> of(JsonNode value) {
    List<Source> found = new ArrayList<>();
    values.forEach(
        (source, shown) -> {
          if (shown.contains(value)) {
            found.add(0, source);
          }
        });
    return found;
  }
}
