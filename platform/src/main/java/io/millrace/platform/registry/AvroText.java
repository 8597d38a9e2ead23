package io.millrace.platform.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.avro.Schema;

/**
 * Avro schemas as text: parsed strictly, written in one form so that white space is no difference.
 */
final class AvroText {

  private static final ObjectMapper JSON = new ObjectMapper();

  private AvroText() {}

  /**
   * Parses a schema as a client sent it.
   *
   * @throws RegistryException 42201 when it is not an Avro schema
   */
  static Schema parse(String text) {
    try {
      return new Schema.Parser().parse(text);
    } catch (StackOverflowError e) {
      throw RegistryException.invalidSchema("it is nested too deeply.");
    } catch (RuntimeException e) {
      throw RegistryException.invalidSchema(e.getMessage() + " The schema must be Avro in JSON.");
    }
  }

  /** A canonical schema as the JSON that it is. */
  static JsonNode json(String canonical) {
    try {
      return JSON.readTree(canonical);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A stored schema is not JSON", e);
    }
  }

  /** The text that identifies a schema: names in full once, no white space, properties kept. */
  static String canonical(Schema schema) {
    return schema.toString();
  }
}
