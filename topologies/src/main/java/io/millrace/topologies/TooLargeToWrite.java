package io.millrace.topologies;

import io.millrace.events.Rejection;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.log.RejectedBytes;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an application would write and its topic does not take is left out, and the record that led
 * to it rejected. Otherwise the stream thread would fail, be replaced, read that record again and
 * fail for ever.
 *
 * <p>Rules refuse what is too large before that; this is for what they overlook. Kafka's own dead
 * letters will not do: with them Kafka 4.3.1 fails the thread when a send has failed.
 */
public final class TooLargeToWrite implements ProductionExceptionHandler {
  /** Key of the setting that has who takes rejections, without waiting. */
  static final String REJECTIONS = "millrace.rejections";

  private static final Logger LOG = LoggerFactory.getLogger(TooLargeToWrite.class);

  private String application = "";
  private Consumer<Rejection> rejections = rejection -> {};

  /** For Kafka, which configures it afterwards. */
  public TooLargeToWrite() {}

  @Override
  @SuppressWarnings("unchecked") // it is put there by the application
  public void configure(Map<String, ?> settings) {
    application = String.valueOf(settings.get(StreamsConfig.APPLICATION_ID_CONFIG));
    rejections = (Consumer<Rejection>) Objects.requireNonNull(settings.get(REJECTIONS));
  }

  @Override
  public Response handleError(
      ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception failure) {
    if (!(failure instanceof RecordTooLargeException)) {
      return Response.fail();
    }
    String message =
        "what it led to is too large to be written to %s: %s"
            .formatted(record.topic(), failure.getMessage());
    LOG.error(
        "{}-{}@{}: {}; it is left out",
        context.topic(),
        context.partition(),
        context.offset(),
        message);
    rejections.accept(rejection(context, record, message));
    return Response.resume();
  }

  private Rejection rejection(
      ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, String message) {
    long now = System.currentTimeMillis();
    String source = context.topic();
    if (source != null) {
      return Rejections.of(
          new Rejections.Place(source, context.partition(), context.offset()),
          RejectedBytes.of(context.sourceRawKey(), context.sourceRawValue(), message),
          "RESULT_TOO_LARGE",
          application,
          now);
    }
    // Written when a store was flushed: what led to it is not known any more.
    Rejection rejection =
        Rejections.of(
            new Rejections.Place("", -1, -1),
            RejectedBytes.of(record.key(), record.value(), message),
            "RESULT_TOO_LARGE",
            application,
            now);
    rejection.setId(Ids.v7(now, ThreadLocalRandom.current()));
    return rejection;
  }
}
