package io.millrace.topologies.plan.logic;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
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
public final class Template {
  /** Longest arguments once filled in, UTF-16 units: references may repeat a long output. */
  static final int FILLED_LENGTH_MAX = 1024 * 1024;

  // Numbers keep every digit, and what follows the value is an error.
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

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
  public static Template parse(String text) throws PlanInvalid {
    // JSON may also write the dollar sign and the brace as escapes.
    if (!text.contains("${") && !text.contains("\\u0024") && !text.contains("\\u007")) {
      return new Template(text, null, Set.of());
    }
    JsonNode tree;
    try {
      tree = read(text);
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
  public String fill(Function<String, JsonNode> outputs) throws PlanInvalid {
    if (tree == null) {
      return text;
    }
    Filler filler = new Filler(outputs);
    return filler.print(filler.fill(tree));
  }

  /**
   * Reads one JSON value.
   *
   * @throws JsonProcessingException if the text is not one
   */
  public static JsonNode read(String text) throws JsonProcessingException {
    JsonNode node = JSON.readTree(text);
    if (node.isMissingNode()) {
      throw new JsonParseException(null, "nothing is there");
    }
    return node;
  }

  private static void collect(JsonNode node, Set<String> calls) throws PlanInvalid {
    if (node.isTextual()) {
      scan(node.textValue(), literal -> {}, reference -> calls.add(callOf(reference)));
    }
    for (JsonNode child : node) {
      collect(child, calls);
    }
  }

  /** Fills one template in, within the bound. */
  private static final class Filler {
    private final Function<String, JsonNode> outputs;
    private final IdentityHashMap<JsonNode, Integer> lengths = new IdentityHashMap<>();
    private long length;

    Filler(Function<String, JsonNode> outputs) {
      this.outputs = outputs;
    }

    JsonNode fill(JsonNode node) throws PlanInvalid {
      if (node.isTextual()) {
        return fillText(node.textValue());
      }
      if (node.isObject()) {
        ObjectNode filled = JSON.createObjectNode();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
          filled.set(field.getKey(), fill(field.getValue()));
        }
        return filled;
      }
      if (node.isArray()) {
        ArrayNode filled = JSON.createArrayNode();
        for (JsonNode item : node) {
          filled.add(fill(item));
        }
        return filled;
      }
      return node;
    }

    private JsonNode fillText(String text) throws PlanInvalid {
      if (!text.contains("${")) {
        return TextNode.valueOf(text);
      }
      StringBuilder printed = new StringBuilder();
      JsonNode[] only = new JsonNode[1];
      int[] parts = new int[1];
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
              throw new PlanInvalid(
                  "REFERENCE_MISSING",
                  "the output of '%s' has nothing at ${%s}"
                      .formatted(callOf(reference), reference));
            }
            take(value);
            only[0] = value;
            printed.append(value.isTextual() ? value.textValue() : print(value));
          });
      return parts[0] == 1 && only[0] != null ? only[0] : TextNode.valueOf(printed.toString());
    }

    /** Counts before anything is copied: a thousand references to a megabyte are a gigabyte. */
    private void take(JsonNode value) throws PlanInvalid {
      Integer known = lengths.get(value);
      if (known == null) {
        known = value.isTextual() ? value.textValue().length() : print(value).length();
        lengths.put(value, known);
      }
      length += known;
      if (length > FILLED_LENGTH_MAX) {
        throw new PlanInvalid(
            "ARGUMENTS_TOO_LARGE",
            "what is referred to is longer than %d characters together; pass references to large data"
                .formatted(FILLED_LENGTH_MAX));
      }
    }

    String print(JsonNode node) throws PlanInvalid {
      try {
        return JSON.writeValueAsString(node);
      } catch (JsonProcessingException e) {
        throw new PlanInvalid(
            "ARGUMENTS_INVALID",
            "arguments cannot be written once filled in: " + e.getOriginalMessage());
      }
    }
  }

  /** Takes one part of a text. */
  private interface Part {
    void take(String text) throws PlanInvalid;
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

  private static void scan(String text, Part literals, Part references) throws PlanInvalid {
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
              "REFERENCE_INVALID",
              "reference is not closed with '}' in: "
                  + text.substring(at, Math.min(text.length(), at + 80)));
        }
        if (literal.length() > 0) {
          literals.take(literal.toString());
          literal.setLength(0);
        }
        references.take(text.substring(at + 2, end).strip());
        at = end + 1;
      } else {
        literal.append(text.charAt(at++));
      }
    }
    if (literal.length() > 0) {
      literals.take(literal.toString());
    }
  }
}
