package io.millrace.schemas.topics;

import io.millrace.events.InferenceRequest;
import io.millrace.events.ToolCall;
import io.millrace.schemas.identity.Fingerprint;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** Chooses the Kafka key that the catalogue asks for from a record's own fields. */
public final class RecordKeys {
  /** What the catalogue calls keys, and the fields that hold them; the first that is filled. */
  private static final List<String> PREFERRED =
      List.of(
          "fingerprint",
          "operation_id",
          "target",
          "worker_id",
          "peer_id",
          "pool",
          "job_id",
          "pipeline_id",
          "id");

  private RecordKeys() {}

  /**
   * The key of a record.
   *
   * @param keyOfTopic what the topic's keys are, as the catalogue says it
   * @return null only if no field that could be the key is filled
   */
  public static @Nullable String of(String keyOfTopic, SpecificRecord record) {
    if (record instanceof ToolCall call) {
      return Fingerprint.ofOperation(call.getId());
    }
    if (record instanceof InferenceRequest request) {
      return Fingerprint.ofOperation(request.getId());
    }
    if (keyOfTopic.startsWith("tenant")) {
      return text(record, "tenant");
    }
    for (String name : PREFERRED) {
      String value = text(record, name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  private static @Nullable String text(SpecificRecord record, String name) {
    Schema.Field field = record.getSchema().getField(name);
    return field != null && record.get(field.pos()) instanceof CharSequence text && !text.isEmpty()
        ? text.toString()
        : null;
  }
}
