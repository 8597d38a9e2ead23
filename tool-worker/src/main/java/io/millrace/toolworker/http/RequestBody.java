package io.millrace.toolworker.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.ToolException;
import io.millrace.toolworker.template.Json;
import io.millrace.toolworker.template.JsonTemplate;
import io.millrace.toolworker.template.Template;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes the body of a request from arguments, encoded for the body's format so that no argument can
 * change its structure.
 */
final class RequestBody {

  private static final Set<String> WITHOUT_BODY =
      Set.of("GET", "HEAD", "DELETE", "OPTIONS", "TRACE");

  private final Set<String> taken;
  private final boolean none;
  private final @Nullable JsonTemplate json;
  private final @Nullable Template text;
  private final UnaryOperator<String> encoding;

  /**
   * Reads the declaration.
   *
   * @param template null: the arguments that the URL did not take
   * @param contentType declared content type; empty if none is
   * @param taken arguments that the URL takes
   * @throws ToolException if a body declared as JSON is not JSON
   */
  RequestBody(String method, @Nullable String template, String contentType, Set<String> taken) {
    this.taken = taken;
    this.none = template == null && WITHOUT_BODY.contains(method);
    String type = contentType.toLowerCase(Locale.ROOT);
    JsonNode parsed = template == null ? null : Json.parse(template);
    if (parsed != null && (type.isEmpty() || type.contains("json"))) {
      this.json = new JsonTemplate(parsed);
      this.text = null;
    } else if (template != null && type.contains("json")) {
      throw ToolException.declaration(
          "The body is declared as JSON but is not JSON; write each place as a string, \"{name}\","
              + " which keeps the argument's type");
    } else {
      this.json = null;
      this.text = template == null ? null : Template.of(template);
    }
    if (text != null && text.takesEnvironment()) {
      throw ToolException.declaration("The body takes an environment variable; only headers may");
    }
    this.encoding =
        type.contains("x-www-form-urlencoded") ? UrlTemplate::encode : UnaryOperator.identity();
  }

  /** Content type to send where none is declared. */
  String defaultContentType() {
    return text == null ? "application/json" : "text/plain; charset=utf-8";
  }

  /** The body; null for none. */
  @Nullable String fill(ObjectNode arguments) {
    if (none) {
      return null;
    }
    if (json != null) {
      return Json.text(json.fill(arguments));
    }
    if (text != null) {
      return text.fill(arguments, encoding, Template.Environment.NONE);
    }
    return Json.text(arguments.deepCopy().without(taken));
  }
}
