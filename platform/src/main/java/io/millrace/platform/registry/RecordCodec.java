package io.millrace.platform.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.platform.registry.RegistryRecord.Compatibility;
import io.millrace.platform.registry.RegistryRecord.LastId;
import io.millrace.platform.registry.RegistryRecord.Mode;
import io.millrace.platform.registry.RegistryRecord.SchemaVersion;
import io.millrace.platform.registry.RegistryRecord.VersionRemoved;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Registry records as the JSON keys and values of {@code _schemas}, in the shape that Confluent's
 * registry gives them ({@code LAST_ID} is ours).
 */
final class RecordCodec {

  private static final ObjectMapper JSON = new ObjectMapper();

  private RecordCodec() {}

  /**
   * A record's key and value.
   *
   * @param value null for a tombstone
   */
  record Encoded(byte[] key, byte @Nullable [] value) {}

  static Encoded encode(RegistryRecord change) {
    if (change instanceof SchemaVersion v) {
      ObjectNode value = JSON.createObjectNode();
      value.put("subject", v.subject()).put("version", v.version()).put("id", v.id());
      value.put("schema", v.schema()).put("deleted", v.deleted());
      return encoded(versionKey(v.subject(), v.version()), value);
    }
    if (change instanceof VersionRemoved removed) {
      return encoded(versionKey(removed.subject(), removed.version()), null);
    }
    if (change instanceof Compatibility c) {
      CompatibilityLevel level = c.level();
      ObjectNode value = JSON.createObjectNode();
      return encoded(
          key("CONFIG", 0).put("subject", c.subject()),
          level == null ? null : value.put("compatibilityLevel", level.name()));
    }
    if (change instanceof Mode m) {
      RegistryMode mode = m.mode();
      ObjectNode value = JSON.createObjectNode();
      return encoded(
          key("MODE", 0).put("subject", m.subject()),
          mode == null ? null : value.put("mode", mode.name()));
    }
    if (change instanceof LastId last) {
      return encoded(key("LAST_ID", 0), JSON.createObjectNode().put("id", last.id()));
    }
    throw new IllegalArgumentException("A kind of record without an encoding: " + change);
  }

  /**
   * The record, or nothing when it is of a kind that this registry does not know.
   *
   * @param value null for a tombstone
   * @throws IOException when key or value is not what a record of its kind holds
   */
  static Optional<RegistryRecord> decode(byte @Nullable [] key, byte @Nullable [] value)
      throws IOException {
    if (key == null) {
      throw new IOException("the record has no key");
    }
    JsonNode keyed = JSON.readTree(key);
    JsonNode body = value == null ? null : JSON.readTree(value);
    try {
      return Optional.ofNullable(
          switch (keyed.path("keytype").asText()) {
            case "SCHEMA" -> version(keyed, body);
            case "CONFIG" ->
                new Compatibility(
                    subject(keyed),
                    body == null
                        ? null
                        : CompatibilityLevel.valueOf(text(body, "compatibilityLevel")));
            case "MODE" ->
                new Mode(
                    subject(keyed), body == null ? null : RegistryMode.valueOf(text(body, "mode")));
            case "LAST_ID" -> body == null ? null : new LastId(number(body, "id"));
            default -> null;
          });
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static RegistryRecord version(JsonNode key, @Nullable JsonNode body) {
    if (body == null) {
      return new VersionRemoved(text(key, "subject"), number(key, "version"));
    }
    return new SchemaVersion(
        text(body, "subject"),
        number(body, "version"),
        number(body, "id"),
        text(body, "schema"),
        body.path("deleted").asBoolean(false));
  }

  private static @Nullable String subject(JsonNode key) {
    return key.hasNonNull("subject") ? text(key, "subject") : null;
  }

  private static String text(JsonNode node, String field) {
    if (!node.path(field).isTextual()) {
      throw new IllegalArgumentException("'" + field + "' is missing or not text");
    }
    return node.path(field).textValue();
  }

  private static int number(JsonNode node, String field) {
    if (!node.path(field).canConvertToInt() || node.path(field).intValue() < 0) {
      throw new IllegalArgumentException("'" + field + "' is missing or not a number from 0");
    }
    return node.path(field).intValue();
  }

  private static ObjectNode versionKey(String subject, int version) {
    return key("SCHEMA", 1).put("subject", subject).put("version", version);
  }

  private static ObjectNode key(String type, int magic) {
    return JSON.createObjectNode().put("keytype", type).put("magic", magic);
  }

  private static Encoded encoded(ObjectNode key, @Nullable ObjectNode value) {
    try {
      return new Encoded(
          JSON.writeValueAsBytes(key), value == null ? null : JSON.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A JSON tree could not be written", e);
    }
  }
}
