package io.millrace.platform.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A request, taken apart.
 *
 * @param method upper case
 * @param path decoded segments, without the empty ones at the ends
 * @param query decoded parameters; of one given twice the last counts
 * @param body as sent, empty when there was none
 */
record RegistryRequest(String method, List<String> path, Map<String, String> query, byte[] body) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** What a registration may carry; Confluent's clients send the later ones as null. */
  private static final Set<String> SCHEMA_FIELDS =
      Set.of(
          "schema",
          "schemaType",
          "references",
          "subject",
          "version",
          "id",
          "guid",
          "metadata",
          "ruleSet",
          "schemaTagsToAdd",
          "schemaTagsToRemove",
          "propagateSchemaTags",
          "deleted",
          "ts");

  /**
   * Takes a request apart.
   *
   * @throws RegistryException 400 when path or query are not well encoded
   */
  static RegistryRequest of(String method, String rawPath, @Nullable String rawQuery, byte[] body) {
    List<String> path = new ArrayList<>();
    for (String segment : rawPath.split("/")) {
      if (!segment.isEmpty()) {
        path.add(decoded(segment.replace("+", "%2B")));
      }
    }
    Map<String, String> query = new HashMap<>();
    if (rawQuery != null) {
      for (String pair : rawQuery.split("&")) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        query.put(decoded(name), equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
    return new RegistryRequest(method, List.copyOf(path), Map.copyOf(query), body);
  }

  boolean flag(String name) {
    return Boolean.parseBoolean(query.get(name));
  }

  /**
   * The Avro schema of the body.
   *
   * @throws RegistryException 400 when the body is not a JSON object, 42201 when what it holds is
   *     not an Avro schema or has references, 422 when it has a field that nobody knows
   */
  Schema schema() {
    ObjectNode given = object();
    given
        .fieldNames()
        .forEachRemaining(
            field -> {
              if (!SCHEMA_FIELDS.contains(field)) {
                throw RegistryException.http(422, "Unrecognized field: " + field);
              }
            });
    JsonNode type = given.path("schemaType");
    if (given.hasNonNull("schemaType") && !type.asText().equals("AVRO")) {
      throw RegistryException.invalidSchema(
          "its schemaType is " + type + "; this registry takes AVRO only.");
    }
    if (!given.path("references").isEmpty()) {
      throw RegistryException.invalidSchema(
          "it has references, which this registry does not take; write the named types out.");
    }
    if (!given.path("ruleSet").isEmpty()) {
      throw RegistryException.invalidSchema("it has a ruleSet, which this registry does not take.");
    }
    if (!given.path("schema").isTextual()) {
      throw RegistryException.invalidSchema(
          "the body must be an object whose 'schema' is the Avro schema as a string.");
    }
    return AvroText.parse(given.path("schema").textValue());
  }

  /**
   * A text field of the body, upper case; empty when it is absent or not text.
   *
   * @throws RegistryException 400 when the body is not a JSON object
   */
  String setting(String field) {
    return object().path(field).asText("").toUpperCase(Locale.ROOT);
  }

  private ObjectNode object() {
    try {
      if (JSON.readTree(body) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw RegistryException.http(400, "The body is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw RegistryException.http(400, "The body is not JSON text: " + e.getMessage());
    }
    throw RegistryException.http(400, "The body must be a JSON object.");
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw RegistryException.http(400, "The address is not well encoded: " + e.getMessage());
    }
  }
}
