package io.millrace.benchmarks.requests;

import io.millrace.benchmarks.client.Connection;
import io.millrace.platform.cli.CommandException;
import io.millrace.schemas.identity.Ids;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Keeps a number of requests in flight: each answer lets the next request go.
 *
 * <p>A producer without linger, unless it is asked for, and a consumer of the partition that the
 * requests name for their answers, both on one thread. A latency runs from before the request is
 * encoded until its answer is decoded. A closed loop hides how long requests would queue under a
 * load that does not wait (coordinated omission); that is what the engine it is compared with was
 * measured by as well.
 */
final class ClosedLoop<Q extends SpecificRecord, A extends SpecificRecord>
    implements AutoCloseable {
  private static final int REPLY_PARTITION = 0;
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

  private final RequestKind<Q, A> kind;
  private final Producer<String, Q> producer;
  private final Producer<String, Q> lingering;
  private final Consumer<String, A> consumer;
  private final SplittableRandom random = new SplittableRandom();
  private final Map<String, Long> sentAt = new HashMap<>();

  /**
   * What one round gave.
   *
   * @param latencies one for each request
   * @param elapsed from the first request to the last answer
   */
  record Round(Latencies latencies, Duration elapsed) {
    double perSecond() {
      return latencies.count() / (elapsed.toNanos() / 1e9);
    }
  }

  ClosedLoop(Connection connection, RequestKind<Q, A> kind) {
    this(connection, kind, 0);
  }

  /**
   * @param lingerMs how long the producer lingers while more than one request is in flight
   */
  ClosedLoop(Connection connection, RequestKind<Q, A> kind, int lingerMs) {
    this.kind = kind;
    this.producer = connection.producer(kind.requests(), Map.of());
    this.lingering = connection.producer(kind.requests(), Map.of("linger.ms", lingerMs));
    this.consumer = connection.consumer(kind.answers(), Map.of());
    TopicPartition home = new TopicPartition(kind.answers().name(), REPLY_PARTITION);
    consumer.assign(List.of(home));
    consumer.seekToEnd(List.of(home));
    consumer.position(home);
  }

  /**
   * Sends for a time and waits for the last answers.
   *
   * @param inFlight requests kept in flight
   * @throws CommandException if an answer is a failure or does not come
   */
  Round run(int inFlight, Duration time) {
    Latencies latencies = new Latencies();
    long start = System.nanoTime();
    long last = start;
    Producer<String, Q> by = inFlight > 1 ? lingering : producer;
    for (int i = 0; i < inFlight; i++) {
      send(by);
    }
    while (!sentAt.isEmpty()) {
      for (ConsumerRecord<String, A> record : consumer.poll(POLL)) {
        long now = System.nanoTime();
        Long sent = sentAt.remove(kind.operationId().apply(record.value()));
        if (sent == null) {
          continue;
        }
        String fault = kind.fault().apply(record.value());
        if (!fault.isEmpty()) {
          throw CommandException.failed("a request was not answered as expected: " + fault);
        }
        latencies.add(now - sent);
        last = now;
        if (now - start < time.toNanos()) {
          send(by);
        }
      }
      if (System.nanoTime() - last > ANSWER_MAX.toNanos()) {
        throw CommandException.failed(
            "%d requests had no answer within %d s, such as %s"
                .formatted(
                    sentAt.size(), ANSWER_MAX.toSeconds(), sentAt.keySet().iterator().next()));
      }
    }
    return new Round(latencies, Duration.ofNanos(last - start));
  }

  private void send(Producer<String, Q> by) {
    String id = Ids.v7(System.currentTimeMillis(), random);
    sentAt.put(id, System.nanoTime());
    by.send(
        new ProducerRecord<>(
            kind.requests().name(),
            kind.key().apply(id),
            kind.request().make(id, REPLY_PARTITION)));
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
    lingering.close(Duration.ofSeconds(5));
    consumer.close();
  }
}
