package io.millrace.topologies;

import io.millrace.events.Rejection;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.log.RejectedBytes;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.Undecodable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.processor.internals.ProcessorRecordContext;
import org.jspecify.annotations.Nullable;

/** Words rejections: of the record that a processor is at, or of one at any place in the log. */
public final class Rejections {
  private static final String TENANT_UNKNOWN = "";

  private Rejections() {}

  /**
   * The rejection of a record that could not be read; its key is the source topic.
   *
   * @param received null if it has no value, where only records with one say something
   */
  public static Record<String, Object> undecodable(
      ProcessorContext<?, ?> context, Record<String, ?> record, @Nullable Received<?> received) {
    Undecodable problem = received == null ? null : received.problem();
    return of(
        context,
        record,
        received == null ? null : received.bytes(),
        TENANT_UNKNOWN,
        null,
        problem == null ? "EMPTY" : problem.reason(),
        problem == null ? "the record has no value; expected one in Avro" : problem.message());
  }

  /**
   * The rejection of a record.
   *
   * @param bytes its value, whole; null for none
   * @param tenant whose it was; empty if that could not be read
   * @param operationId its operation; null if that could not be read
   * @param reason stable name
   * @param message for people
   */
  public static Record<String, Object> of(
      ProcessorContext<?, ?> context,
      Record<String, ?> record,
      byte @Nullable [] bytes,
      String tenant,
      @Nullable String operationId,
      String reason,
      String message) {
    RecordMetadata at = context.recordMetadata().orElse(null);
    Place place =
        at == null ? new Place("", -1, -1) : new Place(at.topic(), at.partition(), at.offset());
    long now = context.currentSystemTimeMs();
    Rejection rejection =
        of(
            place,
            RejectedBytes.of(key(at, record), bytes, message),
            reason,
            context.applicationId(),
            now);
    rejection.setTenant(tenant.isEmpty() ? "default" : tenant);
    rejection.setOperationId(operationId);
    return new Record<>(tenant.isEmpty() ? place.topic : tenant, rejection, now);
  }

  /** A key that is no UTF-8 has lost bytes as text. */
  private static byte @Nullable [] key(@Nullable RecordMetadata at, Record<String, ?> record) {
    if (at instanceof ProcessorRecordContext raw && raw.sourceRawKey() != null) {
      return raw.sourceRawKey();
    }
    return record.key() == null ? null : record.key().getBytes(StandardCharsets.UTF_8);
  }

  /** Where a record lies. */
  record Place(String topic, int partition, long offset) {}

  /**
   * The rejection of a record of which nothing is known but its bytes. It has the same id however
   * often it is made.
   *
   * @param application that rejects it
   * @param now milliseconds since the epoch
   */
  static Rejection of(
      Place place, RejectedBytes bytes, String reason, String application, long now) {
    Rejection rejection = new Rejection();
    rejection.setId(
        Ids.derived(
            place.topic, Integer.toString(place.partition), Long.toString(place.offset), reason));
    rejection.setTenant("default");
    rejection.setCorrelationId("");
    rejection.setOccurredAt(Instant.ofEpochMilli(now));
    rejection.setReason(reason);
    rejection.setMessage(bytes.message());
    rejection.setSourceTopic(place.topic);
    rejection.setSourcePartition(place.partition);
    rejection.setSourceOffset(place.offset);
    rejection.setKeyBytes(bytes.key());
    rejection.setValueBytes(bytes.value());
    rejection.setApplication(application);
    return rejection;
  }
}
