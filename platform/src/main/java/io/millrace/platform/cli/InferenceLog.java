package io.millrace.platform.cli;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.InferenceTopics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Asks models many things at once: writes requests, and reads the answers on a partition that it
 * chose, from where that ended.
 */
final class InferenceLog implements AutoCloseable {
  private final Cluster cluster;
  private final Producer<String, InferenceRequest> producer;
  private final Consumer<String, byte[]> consumer;
  private final TotalDeserializer<InferenceResult> results;
  private final LargeOutputs outputs;
  private final int replyPartition;
  private final AtomicReference<@Nullable Exception> refused = new AtomicReference<>();

  /**
   * Connects.
   *
   * @throws CommandException if there is no topic for answers
   */
  InferenceLog(Cluster cluster) {
    this.cluster = cluster;
    List<TopicPartition> partitions = cluster.partitions(InferenceTopics.RESULTS.name());
    TopicPartition home = partitions.get(ThreadLocalRandom.current().nextInt(partitions.size()));
    this.replyPartition = home.partition();
    this.results = TotalDeserializer.forValues(InferenceResult.class, cluster.serdeSettings());
    this.outputs = new LargeOutputs(cluster);
    this.consumer = cluster.consumer();
    this.producer = cluster.producer(InferenceTopics.REQUESTS);
    consumer.assign(List.of(home));
    consumer.seekToEnd(List.of(home));
    consumer.position(home);
  }

  /** Where answers are read. */
  int replyPartition() {
    return replyPartition;
  }

  /** Writes a request; a refusal is thrown by the next {@link #poll}. */
  void send(String key, InferenceRequest request) {
    producer.send(
        new ProducerRecord<>(InferenceTopics.REQUESTS.name(), key, request),
        (metadata, e) -> {
          if (e != null) {
            refused.compareAndSet(null, e);
          }
        });
  }

  /**
   * The answers that have come, of others' requests as well.
   *
   * @param wait for the first one, at most
   * @throws CommandException if the brokers did not take a request
   */
  List<InferenceResult> poll(Duration wait) {
    Exception e = refused.get();
    if (e != null) {
      throw CommandException.unreachable(
          "the broker at %s did not take a request: %s"
              .formatted(cluster.addresses().bootstrap(), e.getMessage()),
          e);
    }
    List<InferenceResult> answers = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : consumer.poll(wait)) {
      Received<InferenceResult> received = results.deserialize(record.topic(), record.value());
      InferenceResult answer = received == null ? null : received.record();
      if (answer != null) {
        answers.add(answer);
      }
    }
    return answers;
  }

  /** Fetches outputs that are not in the answer itself; whether it has them now. */
  boolean complete(InferenceResult answer) {
    return outputs.complete(answer);
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
    outputs.close();
    consumer.close();
  }
}
