package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.json.RecordJsonException;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
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
  private final InstantSource clock;
  private final RandomGenerator random;

  RecordLines(Class<T> type, InstantSource clock, RandomGenerator random) {
    this.type = type;
    this.hasId = SpecificData.get().getSchema(type).getField("id") != null;
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
    if (hasId && json instanceof ObjectNode object && !object.has("id")) {
      object.put("id", Ids.v7(clock.millis(), random));
    }
    try {
      return RecordJson.fromJson(json, type);
    } catch (RecordJsonException e) {
      throw new CommandException(
          ExitCode.USAGE, where + ": " + String.join("\n" + where + ": ", e.problems()), e);
    }
  }
}
