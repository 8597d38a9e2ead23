package io.millrace.toolworker.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.ToolException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A text with places for arguments: {@code {name}} takes the argument of that name, {@code
 * ${env:NAME}} a variable of the worker's environment. Every other brace is text.
 *
 * <p>A string argument is put in as it is, any other value as JSON text; in both cases through the
 * encoding of the place it stands in. What is put in is never read as a template again.
 */
public final class Template {

  private static final Pattern PLACE =
      Pattern.compile(
          "\\$\\{env:(?<env>[A-Za-z_][A-Za-z0-9_]{0,127})}"
              + "|\\{(?<name>[A-Za-z_][A-Za-z0-9_.-]{0,127})}");

  /** A literal text, or the name of an argument or of a variable. */
  private record Part(@Nullable String literal, @Nullable String name, @Nullable String variable) {}

  private final String source;
  private final List<Part> parts;

  private Template(String source, List<Part> parts) {
    this.source = source;
    this.parts = parts;
  }

  /** Reads a template; every text is one. */
  public static Template of(String source) {
    List<Part> parts = new ArrayList<>();
    Matcher place = PLACE.matcher(source);
    int end = 0;
    while (place.find()) {
      if (place.start() > end) {
        parts.add(new Part(source.substring(end, place.start()), null, null));
      }
      parts.add(new Part(null, place.group("name"), place.group("env")));
      end = place.end();
    }
    if (end < source.length()) {
      parts.add(new Part(source.substring(end), null, null));
    }
    return new Template(source, List.copyOf(parts));
  }

  /** Names of the arguments that it takes. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (Part part : parts) {
      if (part.name != null) {
        names.add(part.name);
      }
    }
    return names;
  }

  /** Whether it takes variables of the environment. */
  public boolean takesEnvironment() {
    return parts.stream().anyMatch(part -> part.variable != null);
  }

  /** The text before the first place; all of it if there is none. */
  public String prefix() {
    if (parts.isEmpty()) {
      return "";
    }
    String first = parts.get(0).literal;
    return first == null ? "" : first;
  }

  /** Whether it is one argument and nothing else; its name, or null. */
  public @Nullable String onlyName() {
    return parts.size() == 1 ? parts.get(0).name : null;
  }

  /**
   * Fills it in.
   *
   * @param arguments of the call
   * @param encoding applied to each value that is put in
   * @param environment gives the worker's variables, null where there is none
   * @throws ToolException if an argument is absent or null, or a variable is not set
   */
  public String fill(
      ObjectNode arguments, UnaryOperator<String> encoding, Environment environment) {
    StringBuilder text = new StringBuilder(source.length() + 32);
    for (Part part : parts) {
      if (part.literal != null) {
        text.append(part.literal);
      } else if (part.name != null) {
        text.append(encoding.apply(value(arguments, part.name)));
      } else if (part.variable != null) {
        String value = environment.get(part.variable);
        if (value == null) {
          throw new ToolException(
              "ENVIRONMENT_MISSING",
              "The target needs the environment variable %s, which is not set on this worker"
                  .formatted(part.variable),
              true);
        }
        text.append(encoding.apply(value));
      }
    }
    return text.toString();
  }

  /** The value of an argument. */
  static JsonNode argument(ObjectNode arguments, String name) {
    JsonNode value = arguments.get(name);
    if (value == null || value.isNull()) {
      throw ToolException.arguments(
          "The target needs the argument '%s', which is %s"
              .formatted(name, value == null ? "absent" : "null"));
    }
    return value;
  }

  private static String value(ObjectNode arguments, String name) {
    JsonNode value = argument(arguments, name);
    return value.isTextual() ? value.textValue() : Json.text(value);
  }

  @Override
  public String toString() {
    return source;
  }

  /** Where variables come from. */
  @FunctionalInterface
  public interface Environment {

    /** No variables at all. */
    Environment NONE = name -> null;

    /** The value of a variable; null if it is not set. */
    @Nullable String get(String name);
  }
}
