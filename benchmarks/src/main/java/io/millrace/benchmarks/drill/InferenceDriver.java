package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.InferenceTopics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Asks models, keeps a number of requests in flight and judges each answer. */
final class InferenceDriver implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration FIRST_ANSWER = Duration.ofMinutes(2);

  private final Producer<String, InferenceRequest> producer;
  private final Consumer<String, InferenceResult> consumer;
  private final List<TopicPartition> partitions;
  private final Questions questions;
  private final SplittableRandom random = new SplittableRandom();
  private final Map<String, Sent> requests = new ConcurrentHashMap<>();
  private final AtomicInteger answered = new AtomicInteger();
  private int sent;
  private volatile boolean over;

  /** A request and its answers; written by the driver's thread alone. */
  static final class Sent {
    final long sentAt;
    final long deadlineAt;
    private final Questions.Question question;
    private final List<InferenceResult> answers = new ArrayList<>();
    private long answeredAt = Long.MAX_VALUE;

    Sent(long sentAt, Questions.Question question) {
      this.sentAt = sentAt;
      this.deadlineAt = sentAt + DEADLINE.toMillis();
      this.question = question;
    }

    /** When its first answer was read, Unix milliseconds; Long.MAX_VALUE: never. */
    long answeredAt() {
      return answeredAt;
    }

    /** How many answers of an outcome OK there are. */
    int ok() {
      return count(Outcome.OK);
    }

    /** How many answers there are that say that nobody knows whether it ran. */
    int unknown() {
      return count(Outcome.OUTCOME_UNKNOWN);
    }

    private int count(Outcome outcome) {
      return (int) answers.stream().filter(a -> a.getOutcome() == outcome).count();
    }

    /** How many answers there are. */
    int answers() {
      return answers.size();
    }

    /** Whether an answer that is OK is not right. */
    boolean wrong() {
      return answers.stream()
          .filter(a -> a.getOutcome() == Outcome.OK)
          .anyMatch(a -> !question.right(a));
    }

    /** What an answer says that is not OK; empty if all are. */
    String failure() {
      return answers.stream()
          .filter(a -> a.getOutcome() != Outcome.OK)
          .map(a -> a.getOutcome() + ": " + a.getFailure())
          .findFirst()
          .orElse("");
    }
  }

  InferenceDriver(Connection connection, Questions questions) {
    this.questions = questions;
    this.producer = connection.producer(InferenceTopics.REQUESTS, Map.of());
    this.consumer = connection.consumer(InferenceTopics.RESULTS, Map.of());
    this.partitions =
        consumer.partitionsFor(InferenceTopics.RESULTS.name()).stream()
            .map(p -> new TopicPartition(p.topic(), p.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /**
   * Until all of so many requests are answered: until a worker has a model loaded, they are
   * refused.
   */
  void awaitReady(int count) {
    long end = System.nanoTime() + FIRST_ANSWER.toNanos();
    while (System.nanoTime() - end < 0) {
      run(count, count, () -> false);
      boolean ready = requests.values().stream().allMatch(r -> r.ok() == 1);
      requests.clear();
      answered.set(0);
      sent = 0;
      over = false;
      if (ready) {
        return;
      }
    }
    throw new IllegalStateException("the models were not ready within " + FIRST_ANSWER);
  }

  /**
   * Sends all and returns when all are answered, or when the last counts as lost.
   *
   * @param stop ends it early
   */
  void run(int count, int inFlight, BooleanSupplier stop) {
    long lastDeadline = Long.MAX_VALUE;
    while (answered.get() < count && !stop.getAsBoolean()) {
      while (sent < count && sent - answered.get() < inFlight) {
        Questions.Question question = questions.next();
        if (question == null) {
          break;
        }
        send(question);
        if (sent == count) {
          lastDeadline = System.currentTimeMillis() + DEADLINE.toMillis();
        }
      }
      read(consumer.poll(POLL));
      if (System.currentTimeMillis() - DrillReport.LOST_AFTER_MILLIS > lastDeadline) {
        break;
      }
    }
    over = true;
  }

  private void read(Iterable<ConsumerRecord<String, InferenceResult>> records) {
    long now = System.currentTimeMillis();
    for (ConsumerRecord<String, InferenceResult> record : records) {
      Sent request = requests.get(record.value().getOperationId());
      if (request != null) {
        request.answers.add(record.value());
        if (request.answeredAt == Long.MAX_VALUE) {
          request.answeredAt = now;
          questions.answered(request.question, record.value());
          answered.incrementAndGet();
        }
      }
    }
  }

  /** Reads what was answered until now a second time or late. */
  void readOn() {
    Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      read(consumer.poll(POLL));
    }
  }

  private void send(Questions.Question question) {
    long now = System.currentTimeMillis();
    String id = Ids.v7(now, random);
    Sent sentNow = new Sent(now, question);
    requests.put(id, sentNow);
    sent++;
    InferenceRequest.Builder request =
        InferenceRequest.newBuilder()
            .setId(id)
            .setOccurredAt(Instant.ofEpochMilli(now))
            .setDeadlineAt(Instant.ofEpochMilli(sentNow.deadlineAt));
    question.ask(request);
    producer.send(
        new ProducerRecord<>(
            InferenceTopics.REQUESTS.name(), Fingerprint.ofOperation(id), request.build()));
  }

  /** How many requests have an answer. */
  int answered() {
    return answered.get();
  }

  /** Whether no more answers are waited for. */
  boolean over() {
    return over;
  }

  /** What was sent; to be read when the run is over. */
  List<Sent> requests() {
    return List.copyOf(requests.values());
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
    consumer.close();
  }
}
