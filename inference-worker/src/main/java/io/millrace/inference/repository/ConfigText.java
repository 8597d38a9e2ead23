package io.millrace.inference.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.inference.ModelException;
import io.millrace.inference.repository.ConfigFields.Field;
import io.millrace.inference.repository.ConfigFields.Kind;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns {@code config.pbtxt} into the JSON that protobuf maps it to.
 *
 * <p>A recursive descent over {@link TextTokens} beside the {@link ConfigFields}: every name and
 * value is checked where it stands, so that each complaint has its line.
 */
final class ConfigText {

  private static final int DEPTH_MAX = 32;
  private static final int CHARS_MAX = 1 << 20;
  private static final Set<String> TRUE = Set.of("true", "True", "t", "1");
  private static final Set<String> FALSE = Set.of("false", "False", "f", "0");

  private final TextTokens tokens;

  private ConfigText(TextTokens tokens) {
    this.tokens = tokens;
  }

  /**
   * Reads a configuration.
   *
   * @param where names the text, for messages
   * @throws ModelException MODEL_CONFIG_INVALID, with the line, if it is none
   */
  static ObjectNode parse(String text, String where) {
    if (text.length() > CHARS_MAX) {
      throw ModelException.config(
          "%s has %d characters; at most %d are read".formatted(where, text.length(), CHARS_MAX));
    }
    TextTokens tokens = new TextTokens(text, where);
    ObjectNode config = new ConfigText(tokens).fields(ConfigFields.MODEL, 0);
    if (tokens.kind() != TextTokens.Kind.END) {
      throw tokens.unexpected("the name of a field");
    }
    return config;
  }

  /** Fields up to the end of their message; null: whatever there is. */
  private ObjectNode fields(@Nullable Map<String, Field> known, int depth) {
    if (depth > DEPTH_MAX) {
      throw tokens.wrong(tokens.line(), "messages within more than " + DEPTH_MAX + " messages");
    }
    ObjectNode message = JsonNodeFactory.instance.objectNode();
    while (tokens.kind() == TextTokens.Kind.NAME) {
      String name = tokens.value();
      int line = tokens.line();
      Field field = known == null ? ANYTHING : known.get(name);
      if (field == null) {
        throw tokens.wrong(
            line,
            "unknown field '%s'; known here are %s"
                .formatted(
                    name,
                    String.join(", ", new TreeSet<>(known == null ? Set.of() : known.keySet()))));
      }
      tokens.advance();
      field(message, name, line, field, depth);
      if (!tokens.skip(',')) {
        tokens.skip(';');
      }
    }
    return message;
  }

  private static final Field ANYTHING = new Field(Kind.ANY, true, null);

  private void field(ObjectNode message, String name, int line, Field field, int depth) {
    boolean colon = tokens.skip(':');
    if (tokens.skip('[')) {
      if (!field.repeated()) {
        throw tokens.wrong(line, "'%s' takes one value, not a list".formatted(name));
      }
      if (!tokens.at(']')) {
        do {
          add(message, name, line, field, value(name, field, true, depth));
        } while (tokens.skip(','));
      } else if (field.kind() != Kind.MAP) {
        message.withArray(name);
      }
      if (!tokens.skip(']')) {
        throw tokens.unexpected("',' or ']'");
      }
    } else {
      add(message, name, line, field, value(name, field, colon, depth));
    }
  }

  private void add(ObjectNode message, String name, int line, Field field, JsonNode value) {
    if (field.kind() == Kind.MAP) {
      JsonNode key = value.path("key");
      ObjectNode map =
          message.get(name) instanceof ObjectNode known ? known : message.putObject(name);
      map.set(key.asText(), value.has("value") ? value.get("value") : emptyValue(field));
    } else if (!field.repeated()) {
      if (message.has(name)) {
        throw tokens.wrong(line, "'%s' is given twice".formatted(name));
      }
      message.set(name, value);
    } else {
      ArrayNode values =
          message.get(name) instanceof ArrayNode known ? known : message.putArray(name);
      values.add(value);
    }
  }

  private static JsonNode emptyValue(Field map) {
    return map.fields() == null ? TextNode.valueOf("") : JsonNodeFactory.instance.objectNode();
  }

  private JsonNode value(String name, Field field, boolean colon, int depth) {
    if (tokens.at('{') || tokens.at('<')) {
      return message(name, field, depth);
    }
    if (!colon) {
      throw tokens.unexpected("':' or '{' after '" + name + "'");
    }
    return switch (field.kind()) {
      case MESSAGE, MAP -> throw tokens.unexpected("'{', since '" + name + "' is a message");
      case TEXT -> {
        if (tokens.kind() != TextTokens.Kind.TEXT) {
          throw tokens.unexpected("a text in quotes for '" + name + "'");
        }
        yield TextNode.valueOf(take());
      }
      case NUMBER -> {
        JsonNode number = number();
        if (!number.isIntegralNumber()) {
          throw tokens.wrong(tokens.line(), "'" + name + "' takes a whole number");
        }
        yield number;
      }
      case FLAG -> flag(name);
      case SYMBOL -> {
        if (tokens.kind() != TextTokens.Kind.NAME) {
          throw tokens.unexpected("a name in capitals for '" + name + "'");
        }
        yield TextNode.valueOf(take());
      }
      case ANY -> scalar();
    };
  }

  private JsonNode message(String name, Field field, int depth) {
    if (field.kind() != Kind.MESSAGE && field.kind() != Kind.MAP && field.kind() != Kind.ANY) {
      throw tokens.unexpected("a value, since '" + name + "' is no message");
    }
    char end = tokens.at('{') ? '}' : '>';
    tokens.advance();
    Map<String, Field> known = field.fields();
    if (field.kind() == Kind.MAP) {
      Field value =
          known == null ? new Field(Kind.TEXT, false, null) : new Field(Kind.MESSAGE, false, known);
      known = Map.of("key", KEY, "value", value);
    }
    ObjectNode message = fields(known, depth + 1);
    if (!tokens.skip(end)) {
      throw tokens.unexpected("the name of a field or '" + end + "'");
    }
    return message;
  }

  private static final Field KEY = new Field(Kind.ANY, false, null);

  private JsonNode flag(String name) {
    if (TRUE.contains(tokens.value())) {
      tokens.advance();
      return BooleanNode.TRUE;
    }
    if (FALSE.contains(tokens.value())) {
      tokens.advance();
      return BooleanNode.FALSE;
    }
    throw tokens.unexpected("true or false for '" + name + "'");
  }

  private JsonNode scalar() {
    return switch (tokens.kind()) {
      case TEXT -> TextNode.valueOf(take());
      case NAME ->
          tokens.value().equals("true") || tokens.value().equals("false")
              ? flag("it")
              : TextNode.valueOf(take());
      case NUMBER, SIGN -> number();
      case END -> throw tokens.unexpected("a value");
    };
  }

  private JsonNode number() {
    boolean negative = tokens.skip('-');
    int line = tokens.line();
    if (tokens.kind() != TextTokens.Kind.NUMBER) {
      throw tokens.unexpected("a number");
    }
    String digits = take();
    String signed = (negative ? "-" : "") + digits;
    try {
      if (digits.startsWith("0x") || digits.startsWith("0X")) {
        return LongNode.valueOf(Long.parseLong((negative ? "-" : "") + digits.substring(2), 16));
      }
      if (digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
        boolean octal = digits.length() > 1 && digits.charAt(0) == '0';
        return LongNode.valueOf(Long.parseLong(signed, octal ? 8 : 10));
      }
      String plain =
          digits.endsWith("f") || digits.endsWith("F")
              ? signed.substring(0, signed.length() - 1)
              : signed;
      return DoubleNode.valueOf(Double.parseDouble(plain));
    } catch (NumberFormatException e) {
      throw tokens.wrong(line, "'%s' is no number, or too large".formatted(signed));
    }
  }

  private String take() {
    String value = tokens.value();
    tokens.advance();
    return value;
  }
}
