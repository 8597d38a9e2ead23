package io.millrace.gateway.log;

import io.millrace.events.InferenceResult;
import io.millrace.gateway.http.Refusal;
import io.millrace.schemas.log.RecordReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The answers that come on this gateway's partitions, and who waits for them.
 *
 * <p>Other gateways may have chosen the same partitions. What nobody here waits for is passed over
 * by its key, without being decoded.
 */
final class Replies {
  private static final List<Exchange<?, ?>> EXCHANGES =
      List.of(Exchange.CALLS, Exchange.PLANS, Exchange.INFERENCE);

  private final Waiters<SpecificRecord> waiters;
  private final Map<String, Object> serde;
  private final BooleanSupplier stopping;
  private final Map<String, Consumer<SpecificRecord>> parts = new ConcurrentHashMap<>();
  private final Map<String, Integer> partitions = new ConcurrentHashMap<>();
  private final int choice = ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE);

  /**
   * Nobody waits yet.
   *
   * @param max who may wait at once
   * @param serde settings of the serde
   * @param stopping true ends a wait for the registry
   */
  Replies(int max, Map<String, Object> serde, BooleanSupplier stopping) {
    this.waiters = new Waiters<>(max);
    this.serde = serde;
    this.stopping = stopping;
  }

  /** What reads the records of each topic of answers. */
  Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> readers() {
    Map<String, Consumer<ConsumerRecord<byte[], byte[]>>> readers = new HashMap<>();
    EXCHANGES.forEach(exchange -> readers.put(exchange.answers().name(), reader(exchange)));
    return readers;
  }

  /** The one partition of a topic on which answers are waited for. */
  List<TopicPartition> choose(List<TopicPartition> all) {
    TopicPartition own = all.get(choice % all.size());
    partitions.put(own.topic(), own.partition());
    return List.of(own);
  }

  /** The partition for answers; null: none was chosen yet. */
  @Nullable Integer partition(Exchange<?, ?> exchange) {
    return partitions.get(exchange.answers().name());
  }

  /** Begins to wait, as {@link Waiters#await}. */
  Optional<CompletableFuture<SpecificRecord>> await(String operationId, Duration longest) {
    return waiters.await(operationId, longest);
  }

  /** Has whoever waits for an answer get its parts as well, until the last one has come. */
  void inParts(
      String operationId, CompletableFuture<SpecificRecord> answer, Consumer<SpecificRecord> to) {
    parts.put(operationId, to);
    answer.whenComplete((last, failure) -> parts.remove(operationId));
  }

  /** Ends a wait without an answer; false if nobody waited any more. */
  boolean forget(String operationId) {
    CompletableFuture<SpecificRecord> waiter = waiters.of(operationId);
    return waiter != null && waiter.cancel(false);
  }

  /** How many wait. */
  int count() {
    return waiters.count();
  }

  private static boolean isPart(SpecificRecord answer) {
    return answer instanceof InferenceResult result && !result.getLast();
  }

  private <A extends SpecificRecord> Consumer<ConsumerRecord<byte[], byte[]>> reader(
      Exchange<?, A> exchange) {
    RecordReader<A> reader = new RecordReader<>(exchange.answers().record(), serde, stopping);
    return record -> {
      String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
      CompletableFuture<SpecificRecord> waiter = waiters.of(key);
      if (waiter == null) {
        return;
      }
      RecordReader.Read<A> read = reader.read(record.topic(), record.value());
      A answer = read.record();
      if (answer != null && exchange.operationId().apply(answer).equals(key)) {
        Consumer<SpecificRecord> part = isPart(answer) ? parts.get(key) : null;
        if (part == null) {
          waiter.complete(answer);
        } else {
          part.accept(answer);
        }
      } else if (read.undecodable() != null) {
        waiter.completeExceptionally(
            new Refusal(
                502,
                "ANSWER_UNREADABLE",
                "The answer cannot be read: " + read.undecodable().message()));
      }
    };
  }
}
