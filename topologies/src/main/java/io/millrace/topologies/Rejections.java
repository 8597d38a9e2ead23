package io.millrace.topologies;

import io.millrace.events.Rejection;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.Undecodable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Words the rejection of the record that a processor is at. */
public final class Rejections {
  private static final String TENANT_UNKNOWN = "";

  private Rejections() {}

  /** The rejection of a record that could not be read; its key is the source topic. */
  public static Record<String, Object> undecodable(
      ProcessorContext<?, ?> context, Record<String, ?> record, Received<?> received) {
    Undecodable problem = received.problem();
    return of(
        context,
        record,
        received.bytes(),
        TENANT_UNKNOWN,
        null,
        problem == null ? "EMPTY" : problem.reason(),
        problem == null ? "the record is empty" : problem.message());
  }

  /**
   * The rejection of a record.
   *
   * @param bytes its value, whole
   * @param tenant whose it was; empty if that could not be read
   * @param operationId its operation; null if that could not be read
   * @param reason stable name
   * @param message for people
   */
  public static Record<String, Object> of(
      ProcessorContext<?, ?> context,
      Record<String, ?> record,
      byte[] bytes,
      String tenant,
      @Nullable String operationId,
      String reason,
      String message) {
    Optional<RecordMetadata> at = context.recordMetadata();
    String topic = at.map(RecordMetadata::topic).orElse("");
    int partition = at.map(RecordMetadata::partition).orElse(-1);
    long offset = at.map(RecordMetadata::offset).orElse(-1L);
    Rejection rejection = new Rejection();
    rejection.setId(Ids.derived(topic, Integer.toString(partition), Long.toString(offset), reason));
    rejection.setTenant(tenant.isEmpty() ? "default" : tenant);
    rejection.setCorrelationId("");
    rejection.setOccurredAt(Instant.ofEpochMilli(context.currentSystemTimeMs()));
    rejection.setReason(reason);
    rejection.setMessage(message);
    rejection.setSourceTopic(topic);
    rejection.setSourcePartition(partition);
    rejection.setSourceOffset(offset);
    String key = record.key();
    rejection.setKeyBytes(
        key == null ? null : ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)));
    rejection.setValueBytes(ByteBuffer.wrap(bytes));
    rejection.setOperationId(operationId);
    rejection.setApplication(context.applicationId());
    return new Record<>(
        tenant.isEmpty() ? topic : tenant, rejection, context.currentSystemTimeMs());
  }
}
