package io.millrace.topologies.plan.logic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Arguments that refer to earlier outputs: {@code ${call}} or {@code ${call.path.0.field}} inside
 * the strings of a JSON object.
 *
 * <p>A string that is only a reference takes the referred value with its JSON type; inside other
 * text the value is printed (text as it is, anything else as JSON). Two dollar signs before the
 * brace stand for one that begins no reference. Path steps are field names or, in arrays, indexes
 * from 0.
 */
final class Template {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String text;
  private final @Nullable JsonNode tree;
  private final Set<String> calls;

  private Template(String text, @Nullable JsonNode tree, Set<String> calls) {
    this.text = text;
    this.tree = tree;
    this.calls = calls;
  }

  /**
   * Reads a template.
   *
   * @param text JSON object
   * @throws PlanInvalid if a reference is not closed, or a text with references is not JSON
   */
  static Template parse(String text) throws PlanInvalid {
    if (!text.contains("${")) {
      return new Template(text, null, Set.of());
    }
    JsonNode tree;
    try {
      tree = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new PlanInvalid(
          "ARGUMENTS_INVALID", "arguments are not JSON: " + e.getOriginalMessage());
    }
    Set<String> calls = new LinkedHashSet<>();
    collect(tree, calls);
    return new Template(text, tree, calls);
  }

  /** Names of the calls it refers to. */
  Set<String> calls() {
    return calls;
  }

  /**
   * The arguments with every reference filled in.
   *
   * @param outputs gives a call's output
   * @return JSON text
   * @throws PlanInvalid with code {@code REFERENCE_MISSING} if an output does not have what is
   *     referred to
   */
  String fill(Function<String, JsonNode> outputs) throws PlanInvalid {
    return tree == null ? text : fill(tree, outputs).toString();
  }

  private static void collect(JsonNode node, Set<String> calls) throws PlanInvalid {
    if (node.isTextual()) {
      scan(node.textValue(), literal -> {}, reference -> calls.add(callOf(reference)));
    }
    for (JsonNode child : node) {
      collect(child, calls);
    }
  }

  private static JsonNode fill(JsonNode node, Function<String, JsonNode> outputs)
      throws PlanInvalid {
    if (node.isTextual()) {
      return fillText(node.textValue(), outputs);
    }
    if (node.isObject()) {
      ObjectNode filled = JSON.createObjectNode();
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        filled.set(field.getKey(), fill(field.getValue(), outputs));
      }
      return filled;
    }
    if (node.isArray()) {
      ArrayNode filled = JSON.createArrayNode();
      for (JsonNode item : node) {
        filled.add(fill(item, outputs));
      }
      return filled;
    }
    return node;
  }

  private static JsonNode fillText(String text, Function<String, JsonNode> outputs)
      throws PlanInvalid {
    if (!text.contains("${")) {
      return TextNode.valueOf(text);
    }
    StringBuilder printed = new StringBuilder();
    JsonNode[] only = new JsonNode[1];
    int[] parts = new int[1];
    String[] missing = new String[1];
    scan(
        text,
        literal -> {
          parts[0]++;
          printed.append(literal);
        },
        reference -> {
          parts[0]++;
          JsonNode value = resolve(reference, outputs);
          if (value == null) {
            missing[0] = reference;
          } else {
            only[0] = value;
            printed.append(value.isTextual() ? value.textValue() : value.toString());
          }
        });
    if (missing[0] != null) {
      throw new PlanInvalid(
          "REFERENCE_MISSING",
          "the output of '%s' has nothing at ${%s}".formatted(callOf(missing[0]), missing[0]));
    }
    return parts[0] == 1 && only[0] != null ? only[0] : TextNode.valueOf(printed.toString());
  }

  private static @Nullable JsonNode resolve(String reference, Function<String, JsonNode> outputs) {
    String[] steps = reference.split("\\.", -1);
    JsonNode node = outputs.apply(steps[0]);
    for (int i = 1; i < steps.length && node != null; i++) {
      node = node.isArray() ? node.get(index(steps[i])) : node.get(steps[i]);
    }
    return node;
  }

  private static int index(String step) {
    if (step.isEmpty() || step.length() > 9 || !step.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    return Integer.parseInt(step);
  }

  private static String callOf(String reference) {
    int dot = reference.indexOf('.');
    return dot < 0 ? reference : reference.substring(0, dot);
  }

  private static void scan(String text, Consumer<String> literals, Consumer<String> references)
      throws PlanInvalid {
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      if (text.startsWith("$${", at)) {
        literal.append("${");
        at += 3;
      } else if (text.startsWith("${", at)) {
        int end = text.indexOf('}', at);
        if (end < 0) {
          throw new PlanInvalid(
              "REFERENCE_INVALID", "reference is not closed with '}' in: " + text);
        }
        if (literal.length() > 0) {
          literals.accept(literal.toString());
          literal.setLength(0);
        }
        references.accept(text.substring(at + 2, end).strip());
        at = end + 1;
      } else {
        literal.append(text.charAt(at++));
      }
    }
    if (literal.length() > 0) {
      literals.accept(literal.toString());
    }
  }
}
