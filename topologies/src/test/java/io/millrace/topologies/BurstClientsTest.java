package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * When records are handed over. No broker is there, so that what Kafka's producer is given fails at
 * once, which its callback shows.
 */
class BurstClientsTest {
  private final AtomicLong nanos = new AtomicLong();
  private final BurstClients clients = new BurstClients(nanos::get);
  private final List<String> failed = new ArrayList<>();
  private Producer<byte[], byte[]> producer;
  private Consumer<byte[], byte[]> consumer;

  @BeforeEach
  void start() {
    producer = clients.getProducer(config("thread-1-producer", "max.block.ms", 1));
    consumer = clients.getConsumer(config("thread-1-consumer", "group.id", "group"));
    consumer.assign(List.of(new TopicPartition("in", 0)));
  }

  @AfterEach
  void stop() {
    producer.close(Duration.ZERO);
    consumer.close();
  }

  private static Map<String, Object> config(String client, String key, Object value) {
    return Map.of("bootstrap.servers", "127.0.0.1:1", "client.id", client, key, value);
  }

  private void send(String topic) {
    producer.send(
        new ProducerRecord<>(topic, new byte[0]), (metadata, failure) -> failed(topic, failure));
  }

  private void failed(String topic, @Nullable Exception failure) {
    assertThat(failure).isInstanceOf(TimeoutException.class);
    failed.add(topic);
  }

  @Test
  void aPassIsHandedOverInItsOrderWhenTheThreadPolls() {
    send("a");
    send("b");
    assertThat(failed).isEmpty();
    consumer.poll(Duration.ZERO);
    assertThat(failed).containsExactly("a", "b");
    send("c");
    assertThat(failed).hasSize(2);
  }

  @Test
  void inALongPassNothingIsHeldAnyMore() {
    send("a");
    nanos.addAndGet(6_000_000);
    send("b");
    assertThat(failed).containsExactly("a", "b");
    send("c");
    assertThat(failed).containsExactly("a", "b", "c");
    consumer.poll(Duration.ZERO);
    send("d");
    assertThat(failed).hasSize(3);
  }

  @Test
  void whoSentWithoutACallbackHearsByTheFuture() {
    Future<?> sent = producer.send(new ProducerRecord<>("a", new byte[0]));
    assertThat(sent).isNotDone();
    consumer.poll(Duration.ZERO);
    assertThat(sent)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutException.class);
  }

  @Test
  void aFlushAndACloseHandOver() {
    send("a");
    producer.flush();
    assertThat(failed).containsExactly("a");
    send("b");
    producer.close(Duration.ZERO);
    assertThat(failed).containsExactly("a", "b");
  }

  @Test
  void aThreadHandsOverOnlyItsOwn() {
    Consumer<byte[], byte[]> other =
        clients.getConsumer(config("thread-2-consumer", "group.id", "group"));
    other.assign(List.of(new TopicPartition("in", 1)));
    send("a");
    other.poll(Duration.ZERO);
    other.close();
    assertThat(failed).isEmpty();
  }

  @Test
  void aClientOfNoStreamThreadIsRefused() {
    assertThatThrownBy(() -> clients.getProducer(config("elsewhere", "max.block.ms", 1)))
        .hasMessageContaining("elsewhere");
  }
}
