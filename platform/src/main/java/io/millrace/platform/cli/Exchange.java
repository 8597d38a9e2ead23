package io.millrace.platform.cli;

import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topic;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Sends one request and waits for its answer on a partition of its own choice, which it reads from
 * where it ended before the request was sent.
 *
 * @param <Q> the request
 * @param <A> the answer
 */
final class Exchange<Q extends SpecificRecord, A extends SpecificRecord> {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Cluster cluster;
  private final Topic<Q> requests;
  private final Topic<A> answers;
  private final Function<A, String> operationId;

  Exchange(Cluster cluster, Topic<Q> requests, Topic<A> answers, Function<A, String> operationId) {
    this.cluster = cluster;
    this.requests = requests;
    this.answers = answers;
    this.operationId = operationId;
  }

  /**
   * Sends the request and waits.
   *
   * @param id the operation id
   * @param key of the request's record
   * @param request makes the request just before it is sent, given the partition for its answer
   * @param wait the longest wait after sending
   * @throws CommandException if no answer comes in time
   */
  A ask(String id, String key, IntFunction<Q> request, Duration wait, Progress progress) {
    try (Consumer<String, byte[]> consumer = cluster.consumer();
        Producer<String, Q> producer = cluster.producer(requests)) {
      TotalDeserializer<A> deserializer =
          TotalDeserializer.forValues(answers.record(), cluster.serdeSettings());
      TopicPartition home = choose(consumer);
      consumer.assign(List.of(home));
      consumer.seekToEnd(List.of(home));
      consumer.position(home);
      // Whatever takes its time to prepare is done by now: the deadline counts from the sending.
      producer.partitionsFor(requests.name());
      send(producer, new ProducerRecord<>(requests.name(), key, request.apply(home.partition())));
      long end = System.nanoTime() + wait.toNanos();
      while (System.nanoTime() - end < 0) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          Received<A> received = deserializer.deserialize(record.topic(), record.value());
          A answer = received == null ? null : received.record();
          if (answer != null && operationId.apply(answer).equals(id)) {
            return answer;
          }
        }
        progress.tick(() -> "waiting for the answer to " + id);
      }
    }
    throw CommandException.unreachable(
        "no answer to "
            + id
            + " came on "
            + answers.name()
            + "; do the topologies run? 'millrace status' shows them",
        null);
  }

  private TopicPartition choose(Consumer<String, byte[]> consumer) {
    int partitions = consumer.partitionsFor(answers.name(), Cluster.WAIT_MAX).size();
    if (partitions == 0) {
      throw CommandException.failed(
          "the broker has no topic " + answers.name() + "; has a platform ever run on it?");
    }
    return new TopicPartition(answers.name(), ThreadLocalRandom.current().nextInt(partitions));
  }

  private static <V> void send(Producer<String, V> producer, ProducerRecord<String, V> record) {
    try {
      producer.send(record).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException refused ? refused : new KafkaException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandException.failed("interrupted while sending");
    }
  }
}
