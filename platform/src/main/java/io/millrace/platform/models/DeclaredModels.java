package io.millrace.platform.models;

import io.millrace.events.TargetSpec;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for the first model among the targets, on a thread of its own, and says so once. */
public final class DeclaredModels implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeclaredModels.class);
  private static final Duration POLL = Duration.ofSeconds(1);

  private final TotalDeserializer<TargetSpec> reader;
  private final KafkaConsumer<String, byte[]> consumer;
  private final Runnable onModel;
  private final Thread thread = new Thread(this::run, "declared-models");
  private volatile boolean looked;

  /**
   * Does nothing before {@link #start}.
   *
   * @param onModel called once, on that thread
   */
  public DeclaredModels(String bootstrap, String registry, Runnable onModel) {
    this.reader =
        TotalDeserializer.forValues(
            TargetSpec.class, Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, registry));
    this.consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap, "metric.reporters", ""),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    this.onModel = onModel;
  }

  /** Starts; returns at once. */
  public void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether what was declared when it started has been looked through. */
  public boolean looked() {
    return looked;
  }

  private void run() {
    try (consumer) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.TARGETS.name()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (true) {
        looked |=
            ends.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          Received<TargetSpec> received = reader.deserialize(record.topic(), record.value());
          TargetSpec spec = received == null ? null : received.record();
          if (spec != null && spec.getModel() != null) {
            onModel.run();
            return;
          }
        }
      }
    } catch (WakeupException e) {
      LOG.debug("Stopped before any model was declared");
    } catch (KafkaException e) {
      LOG.error("Models that are declared by hand are not noticed: {}", e.toString());
    } finally {
      looked = true;
    }
  }

  /** Stops. */
  @Override
  public void close() {
    if (!thread.isAlive()) {
      return;
    }
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
