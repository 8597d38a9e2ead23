package io.millrace.gateway.inference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;

/**
 * Reads JSON member by member and item by item from a parser; what is of another type than expected
 * is refused by the name of its field.
 */
final class JsonFields {
  private static final int ITEMS_MAX = 1_000;
  private static final int SHOWN_MAX = 40;

  private JsonFields() {}

  /** Reads the value of a member, at which the parser stands, to its end. */
  interface Member {
    void read(String name) throws IOException;
  }

  /** Reads an item, at which the parser stands, to its end. */
  interface Item {
    void read(int index) throws IOException;
  }

  /** Reads each member of the object at whose start the parser stands. */
  static void members(JsonParser json, String at, Member member) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw Wrong.field(at, "expected an object");
    }
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      member.read(name);
    }
  }

  /** Reads each item of the array at whose start the parser stands. */
  static void array(JsonParser json, String at, Item item) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw Wrong.field(at, "expected an array");
    }
    for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
      if (i == ITEMS_MAX) {
        throw Wrong.field(at, "has more than " + ITEMS_MAX + " items");
      }
      item.read(i);
    }
  }

  /** The text at which the parser stands. */
  static String text(JsonParser json, String at) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw Wrong.field(at, "expected text");
    }
    return json.getText();
  }

  /** The value at which the parser stands, no array or object, as the text of JSON. */
  static String scalar(JsonParser json, String at) throws IOException {
    JsonToken token = json.currentToken();
    if (token == null || !token.isScalarValue() || json.isNaN()) {
      throw Wrong.field(at, "expected text, a number, true or false");
    }
    return token == JsonToken.VALUE_STRING ? quoted(json.getText()) : json.getText();
  }

  /** A text as JSON writes it. */
  static String quoted(String text) {
    return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  /** As much of a text as a message shows. */
  static String shown(String text) {
    return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "…";
  }
}
