package io.millrace.topologies;

import io.millrace.events.Rejection;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes rejections where a topology cannot; that is seldom, so each has a producer of its own.
 * Safe for use by several threads.
 */
final class RejectionWriter {
  private static final Logger LOG = LoggerFactory.getLogger(RejectionWriter.class);

  /** Each may have ten million bytes. */
  private static final int WAITING_MAX = 8;

  private final Map<String, Object> kafka;
  private final EventSerializer<SpecificRecord> rejections;
  private final Executor later =
      new ThreadPoolExecutor(
          0,
          1,
          1,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING_MAX),
          RejectionWriter::writing);

  /**
   * @param kafka settings of its clients
   * @param rejections writes rejections
   */
  RejectionWriter(Map<String, Object> kafka, EventSerializer<SpecificRecord> rejections) {
    this.kafka = kafka;
    this.rejections = rejections;
  }

  /**
   * Writes one; returns when that is acknowledged.
   *
   * @throws KafkaException if it was not written
   */
  void write(Rejection rejection) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topic.REJECTION_BYTES_MAX);
    byte[] value = rejections.serialize(Topics.REJECTIONS.name(), rejection);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      Future<RecordMetadata> written =
          producer.send(
              new ProducerRecord<>(
                  Topics.REJECTIONS.name(),
                  rejection.getSourceTopic().getBytes(StandardCharsets.UTF_8),
                  value));
      written.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw new KafkaException("a rejection was not written", e.getCause());
    }
  }

  /** Writes one on another thread, for who must not wait; what fails or is too much is logged. */
  void writeLater(Rejection rejection) {
    try {
      later.execute(
          () -> {
            try {
              write(rejection);
            } catch (KafkaException e) {
              LOG.error("A rejection was lost: {}", rejection.getMessage(), e);
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.error("A rejection was lost, too many are waiting: {}", rejection.getMessage(), e);
    }
  }

  private static Thread writing(Runnable work) {
    Thread thread = new Thread(work, "rejection-writer");
    thread.setDaemon(true);
    return thread;
  }
}
