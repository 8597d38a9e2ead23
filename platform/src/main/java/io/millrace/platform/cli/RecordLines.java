package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.json.RecordJsonException;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * Reads lines of JSON as records of one class; an absent {@code id} is made.
 *
 * @param <T> class of the records
 */
final class RecordLines<T extends SpecificRecord> {
  private final Class<T> type;
  private final boolean hasId;
  private final boolean hasTime;
  private final InstantSource clock;
  private final RandomGenerator random;

  RecordLines(Class<T> type, InstantSource clock, RandomGenerator random) {
    this.type = type;
    Schema schema = SpecificData.get().getSchema(type);
    this.hasId = schema.getField("id") != null;
    this.hasTime = schema.getField("occurred_at") != null;
    this.clock = clock;
    this.random = random;
  }

  /**
   * The record on a line.
   *
   * @param where the line's name in messages, such as {@code events.jsonl:3}
   * @throws CommandException saying everything that is wrong with it
   */
  T read(String where, String line) {
    JsonNode json = JsonText.require(where + ": the line", line);
    if (json instanceof ObjectNode object) {
      if (hasId && !object.has("id")) {
        object.put("id", Ids.v7(clock.millis(), random));
      }
      if (hasTime && !object.has("occurred_at")) {
        object.put("occurred_at", clock.instant().toString());
      }
    }
    try {
      return RecordJson.fromJson(json, type);
    } catch (RecordJsonException e) {
      throw new CommandException(
          ExitCode.USAGE, where + ": " + String.join("\n" + where + ": ", e.problems()), e);
    }
  }
}
