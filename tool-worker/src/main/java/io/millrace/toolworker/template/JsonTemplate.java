package io.millrace.toolworker.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;

/**
 * A JSON value whose strings are templates. A string that is one place takes the argument with its
 * JSON type, in any other it is printed; no argument can leave the string it stands in.
 */
public final class JsonTemplate {

  private final JsonNode root;

  /** A template from a JSON value. */
  public JsonTemplate(JsonNode root) {
    this.root = root.deepCopy();
  }

  /**
   * Fills it in.
   *
   * @throws io.millrace.toolworker.ToolException if an argument is absent or null
   */
  public JsonNode fill(ObjectNode arguments) {
    return fill(root, arguments);
  }

  private static JsonNode fill(JsonNode node, ObjectNode arguments) {
    if (node.isTextual()) {
      Template template = Template.of(node.textValue());
      String only = template.onlyName();
      return only != null
          ? Template.argument(arguments, only)
          : TextNode.valueOf(template.fill(arguments, value -> value, Template.Environment.NONE));
    }
    if (node instanceof ObjectNode object) {
      ObjectNode filled = object.objectNode();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        filled.set(field.getKey(), fill(field.getValue(), arguments));
      }
      return filled;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode filled = array.arrayNode(array.size());
      array.forEach(element -> filled.add(fill(element, arguments)));
      return filled;
    }
    return node;
  }
}
