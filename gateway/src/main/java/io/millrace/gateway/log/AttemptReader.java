package io.millrace.gateway.log;

import io.millrace.events.Attempt;
import io.millrace.events.Coordinates;
import io.millrace.gateway.GatewayConfig;
import io.millrace.gateway.http.Refusal;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.InferenceTopics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads one attempt from where it lies, each time with a consumer of its own: that is needed only
 * for a large answer that dispatch gives again, as after it was killed.
 */
final class AttemptReader {
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(100);

  private final GatewayConfig config;
  private final TotalDeserializer<Attempt> attempts;

  AttemptReader(GatewayConfig config) {
    this.config = config;
    this.attempts = TotalDeserializer.forValues(Attempt.class, config.serde());
  }

  /**
   * The attempt; blocks.
   *
   * @throws Refusal if it is not there any more, cannot be read or does not come in time
   */
  Attempt read(Coordinates at) {
    if (!at.getTopic().equals(InferenceTopics.ATTEMPTS.name())) {
      throw gone(at);
    }
    Map<String, Object> settings = config.kafka();
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      TopicPartition partition = new TopicPartition(at.getTopic(), at.getPartition());
      consumer.assign(List.of(partition));
      consumer.seek(partition, at.getOffset());
      long end = System.nanoTime() + LONGEST.toNanos();
      while (System.nanoTime() - end < 0) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          Received<Attempt> received = attempts.deserialize(at.getTopic(), record.value());
          Attempt attempt = received == null ? null : received.record();
          if (record.offset() != at.getOffset() || attempt == null) {
            throw gone(at);
          }
          return attempt;
        }
      }
    } catch (KafkaException | IllegalArgumentException e) {
      throw gone(at);
    }
    throw new Refusal(503, "LOG_UNAVAILABLE", "The outputs could not be read in time.");
  }

  private static Refusal gone(Coordinates at) {
    return new Refusal(
        502,
        "OUTPUTS_GONE",
        "The outputs at %s-%d@%d cannot be had any more; ask once more."
            .formatted(at.getTopic(), at.getPartition(), at.getOffset()));
  }
}
