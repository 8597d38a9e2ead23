package io.millrace.gateway.log;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.Attempt;
import io.millrace.events.Cancel;
import io.millrace.events.Coordinates;
import io.millrace.events.Rejection;
import io.millrace.gateway.GatewayConfig;
import io.millrace.gateway.http.Refusal;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.log.LogFollower;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.RecordKeys;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the gateway does with the log: writes records, asks and waits for the answer on a partition
 * of its own choice, follows the table of targets.
 *
 * <p>Several gateways may have chosen the same partition; each passes over the answers to others,
 * known by their keys. Nothing here blocks its caller but {@link #write} and {@link #attempt}.
 */
public final class GatewayLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayLog.class);
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** How much longer than its deadline an answer may be on its way. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final InstantSource clock;
  private final GatewayWriter writer;
  private final AttemptReader attempts;
  private final Replies replies;
  private final LogFollower follower;
  private final TargetTable targets = new TargetTable();
  private final CompletableFuture<Void> prepared = new CompletableFuture<>();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Thread preparer;

  /**
   * Connects to nothing yet.
   *
   * @param config brokers, registry and limits
   * @param clock wall-clock time
   * @param metrics gets the log's meters
   */
  public GatewayLog(GatewayConfig config, InstantSource clock, MeterRegistry metrics) {
    AvroSafety.establish();
    this.clock = clock;
    this.writer = new GatewayWriter(config);
    this.attempts = new AttemptReader(config);
    this.replies = new Replies(config.requestsMax(), config.serde(), this::isStopping);
    Gauge.builder("millrace.gateway.waiting", replies, Replies::count)
        .description("Operations whose answers are waited for")
        .register(metrics);
    this.follower =
        new LogFollower(
            "gateway-follower",
            config.kafka(),
            new TargetReader(targets, config.serde(), this::isStopping).readers(),
            replies.readers(),
            replies::choose,
            writes().stream().map(Topic::name).collect(Collectors.toSet()));
    this.preparer = new Thread(this::prepare, "gateway-start");
  }

  /** Starts; returns at once. Brokers, topics or a registry that are away are waited for. */
  public void start() {
    follower.start();
    preparer.start();
  }

  /** Done once the tables have been read whole and everything can be asked. */
  public CompletableFuture<Void> ready() {
    return CompletableFuture.allOf(follower.ready(), prepared);
  }

  /** Whether it is {@link #ready} now. */
  public boolean isReady() {
    return ready().isDone() && !ready().isCompletedExceptionally();
  }

  /** Tools, models and pools. */
  public TargetTable targets() {
    return targets;
  }

  /** A new id of an operation. */
  public String newId() {
    return Ids.v7(clock.millis(), ThreadLocalRandom.current());
  }

  /**
   * The partition on which answers are waited for; null before this is {@link #ready}.
   *
   * @param exchange what is asked
   */
  public @Nullable Integer replyPartition(Exchange<?, ?> exchange) {
    return replies.partition(exchange);
  }

  /**
   * Asks and waits.
   *
   * @param id the operation id
   * @param tenant for its cancel
   * @param request with the {@link #replyPartition}
   * @param deadline after it, and a short time of grace, the operation is called off
   * @param parts gets each part of the answer but the last, on a thread that it must not hold up;
   *     null: the first part is the answer
   * @return the answer; or fails with a {@link Refusal}
   */
  public <Q extends SpecificRecord, A extends SpecificRecord> CompletableFuture<A> ask(
      Exchange<Q, A> exchange,
      String id,
      String tenant,
      Q request,
      Instant deadline,
      @Nullable Consumer<A> parts) {
    if (!prepared.isDone() || replyPartition(exchange) == null) {
      return CompletableFuture.failedFuture(
          new Refusal(
              503, "NOT_READY", "The gateway still waits for the brokers or the registry."));
    }
    Duration longest = Duration.between(clock.instant(), deadline).plus(GRACE);
    CompletableFuture<SpecificRecord> answer = replies.await(id, longest).orElse(null);
    if (answer == null) {
      return CompletableFuture.failedFuture(
          new Refusal(503, "OVERLOADED", "Too many operations wait for their answers."));
    }
    if (parts != null) {
      replies.inParts(id, answer, part -> parts.accept(exchange.answers().record().cast(part)));
    }
    try {
      writer
          .send(
              exchange.requests(),
              exchange.key().apply(id),
              writer.bytes(exchange.requests(), request))
          .whenComplete(
              (sent, failure) -> {
                if (failure != null) {
                  answer.completeExceptionally(failure);
                }
              });
    } catch (KafkaException e) {
      answer.completeExceptionally(
          new Refusal(
              503, "LOG_UNAVAILABLE", "The request could not be written: " + e.getMessage()));
    }
    return answer
        .thenApply(record -> exchange.answers().record().cast(record))
        .exceptionallyCompose(
            failure -> {
              if (!(failure.getCause() instanceof TimeoutException)) {
                return CompletableFuture.failedFuture(failure);
              }
              cancel(exchange, id, tenant, "its deadline has passed");
              return CompletableFuture.failedFuture(
                  new Refusal(
                      504,
                      "NO_ANSWER",
                      "No answer to operation "
                          + id
                          + " came before its deadline; do the topologies run?"));
            });
  }

  /**
   * The attempt that has the outputs of an answer without them; blocks for up to ten seconds.
   *
   * @throws Refusal if it cannot be had
   */
  public Attempt attempt(Coordinates at) {
    return attempts.read(at);
  }

  /** Waits no longer for an answer and calls the operation off. */
  public void giveUp(Exchange<?, ?> exchange, String id, String tenant, String why) {
    if (replies.forget(id)) {
      cancel(exchange, id, tenant, why);
    }
  }

  /** Calls an operation off. */
  public void cancel(Exchange<?, ?> exchange, String id, String tenant, String why) {
    Cancel cancel =
        Cancel.newBuilder()
            .setId(newId())
            .setTenant(tenant)
            .setOccurredAt(clock.instant())
            .setOperationId(id)
            .setReason(why)
            .build();
    try {
      writer
          .send(
              exchange.cancels(),
              exchange.key().apply(id),
              writer.bytes(exchange.cancels(), cancel))
          .exceptionally(
              failure -> {
                LOG.warn("Operation {} could not be called off: {}", id, failure.getMessage());
                return null;
              });
    } catch (KafkaException e) {
      LOG.warn("Operation {} could not be called off: {}", id, e.getMessage());
    }
  }

  /**
   * Writes one record of any topic; waits for the registry at the first of its schema.
   *
   * @param key null: the one that the catalogue asks for
   * @return where it lies; or fails with a {@link Refusal}
   */
  public <T extends SpecificRecord> CompletableFuture<RecordMetadata> write(
      Topic<T> topic, @Nullable String key, T record) {
    try {
      return writer.send(
          topic,
          key == null ? RecordKeys.of(topic.key(), record) : key,
          writer.bytes(topic, record));
    } catch (KafkaException e) {
      return CompletableFuture.failedFuture(
          new Refusal(
              503, "LOG_UNAVAILABLE", "The record could not be written: " + e.getMessage()));
    }
  }

  /** Writes that something was refused whose sender may not tell anybody. */
  public void reject(String reason, String message, String tenant) {
    Rejection rejection =
        Rejection.newBuilder()
            .setId(newId())
            .setTenant(tenant)
            .setOccurredAt(clock.instant())
            .setReason(reason)
            .setMessage(message)
            .setApplication("gateway")
            .build();
    if (prepared.isDone()) {
      write(Topics.REJECTIONS, null, rejection)
          .exceptionally(
              failure -> {
                LOG.warn("A rejection was lost: {}: {}", reason, message);
                return null;
              });
    }
  }

  private void prepare() {
    Set<Topic<?>> topics = writes();
    try {
      while (true) {
        try {
          if (writer.prepare(topics)) {
            prepared.complete(null);
            return;
          }
        } catch (KafkaException e) {
          LOG.warn("The registry did not answer; trying again: {}", e.toString());
        }
        if (stopping.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
          prepared.cancel(false);
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Topics that are written; they must exist. */
  private static Set<Topic<?>> writes() {
    return Stream.<Topic<?>>concat(
            Topics.all().stream().filter(Topic::clientsWrite),
            Stream.of(Topics.REJECTIONS, InferenceTopics.CANCELS, Topics.TARGETS))
        .collect(Collectors.toSet());
  }

  private boolean isStopping() {
    return stopping.getCount() == 0;
  }

  /** Ends; those who still wait get no answer. */
  @Override
  public void close() {
    stopping.countDown();
    follower.close();
    try {
      preparer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writer.close();
  }
}
