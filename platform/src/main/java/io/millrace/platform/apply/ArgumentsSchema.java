package io.millrace.platform.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Checks that a tool's JSON Schema is one: valid by the meta-schema of draft 2020-12, and complete
 * in itself, so that no worker ever fetches a part of it.
 */
final class ArgumentsSchema {
  static final int CHARS_MAX = 256 * 1024;

  private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
  private static final int SHOWN_MAX = 5;

  private ArgumentsSchema() {}

  /** What is wrong with the schema; empty when nothing is. */
  static List<String> problems(JsonNode schema) {
    List<String> problems = new ArrayList<>();
    if (!schema.isObject()) {
      return List.of("expected a JSON Schema, which is a mapping such as {type: object}");
    }
    if (schema.toString().length() > CHARS_MAX) {
      return List.of("is longer than 256 KiB as JSON");
    }
    JsonNode dialect = schema.path("$schema");
    if (!dialect.isMissingNode() && !dialect.asText().replaceAll("#$", "").equals(DIALECT)) {
      return List.of("names the dialect " + dialect + "; expected " + DIALECT + ", or none");
    }
    walk(schema, "", problems);
    if (problems.isEmpty()) {
      Set<ValidationMessage> messages =
          JsonSchemaFactory.getInstance(VersionFlag.V202012)
              .getSchema(SchemaLocation.of(DIALECT))
              .validate(schema);
      messages.stream()
          .limit(SHOWN_MAX)
          .forEach(message -> problems.add("is no valid JSON Schema: " + message.getMessage()));
    }
    if (problems.isEmpty() && schema.has("type") && !permitsObject(schema.get("type"))) {
      problems.add("must permit an object, since arguments are one; write type: object");
    }
    return problems;
  }

  private static void walk(JsonNode node, String pointer, List<String> problems) {
    if (problems.size() >= SHOWN_MAX) {
      return;
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String key = entry.getKey();
      JsonNode value = entry.getValue();
      if ((key.equals("$ref") || key.equals("$dynamicRef")) && value.isTextual()) {
        checkReference(key, value.textValue(), pointer, problems);
      }
      if (key.equals("pattern") && value.isTextual()) {
        checkPattern(value.textValue(), pointer, problems);
      }
      walk(value, pointer + "/" + key, problems);
    }
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        walk(node.get(i), pointer + "/" + i, problems);
      }
    }
  }

  private static void checkReference(
      String key, String reference, String pointer, List<String> problems) {
    if (!reference.startsWith("#")) {
      problems.add(
          "refers at "
              + pointer
              + "/"
              + key
              + " to '"
              + reference
              + "', outside of itself; put that part under $defs and refer to '#/$defs/…'");
    }
  }

  private static void checkPattern(String pattern, String pointer, List<String> problems) {
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      problems.add(
          "has at " + pointer + "/pattern an invalid regular expression: " + e.getDescription());
    }
  }

  private static boolean permitsObject(JsonNode type) {
    if (type.isTextual()) {
      return type.textValue().equals("object");
    }
    for (JsonNode one : type) {
      if (one.asText().equals("object")) {
        return true;
      }
    }
    return false;
  }
}
