package io.millrace.worker.runtime;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRun;
import io.millrace.events.Outcome;
import io.millrace.events.Rejection;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.log.RejectedBytes;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.worker.task.RunResult;
import io.millrace.worker.task.Together;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes all that a worker says: attempts, rejections and its own status, through one producer.
 *
 * <p>The producer never lingers; with one request in flight per broker, what is said while it is
 * under way goes together in the next, which saves CPU under load and costs nothing when idle.
 */
final class WorkerLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerLog.class);
  private static final int BUFFER_BYTES = 32 << 20;
  private static final int BATCH_BYTES = 128 << 10;
  private static final Duration FAREWELL = Duration.ofSeconds(15);

  /** The largest rejection and the largest outputs of a model fit; topics have their own limits. */
  private static final int REQUEST_BYTES_MAX = Topic.REJECTION_BYTES_MAX + (1 << 20);

  private static final int MESSAGE_CHARS_MAX = 4_000;

  private final KafkaProducer<byte[], byte[]> producer;
  private final WorkerTopics topics;
  private final String workerId;
  private final WorkerClock clock;
  private final EventSerializer<Attempt> attempts;
  private final EventSerializer<Rejection> rejections;
  private final EventSerializer<WorkerStatus> statuses;

  WorkerLog(WorkerConfig config, WorkerTopics topics, String workerId, WorkerClock clock) {
    this.topics = topics;
    this.workerId = workerId;
    this.clock = clock;
    this.attempts = EventSerializer.forValues(config.serde());
    this.rejections = EventSerializer.forValues(config.serde());
    this.statuses = EventSerializer.forValues(config.serde());
    Map<String, Object> settings = new HashMap<>();
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) BUFFER_BYTES);
    settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, REQUEST_BYTES_MAX);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
    // With the brokers away and the buffer full, waiting holds tasks back; giving up loses them.
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.MAX_VALUE);
    settings.putAll(config.kafka());
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Topics that this writes to; they must exist. */
  Set<String> topics() {
    return Set.of(topics.attempts().name(), Topics.REJECTIONS.name(), Topics.WORKERS.name());
  }

  /**
   * Asks registry and brokers for what writing needs, so that no task waits for it later.
   *
   * @throws org.apache.kafka.common.KafkaException if either is away
   */
  void prepare() {
    attempts.serialize(topics.attempts().name(), Attempt.newBuilder().build());
    rejections.serialize(Topics.REJECTIONS.name(), Rejection.newBuilder().build());
    statuses.serialize(Topics.WORKERS.name(), WorkerStatus.newBuilder().build());
    topics().forEach(producer::partitionsFor);
  }

  /** How many partitions the attempts have. */
  int homePartitions() {
    return producer.partitionsFor(topics.attempts().name()).size();
  }

  /** Writes the claim of a task. */
  void claim(TaskRun run) {
    send(attempt(AttemptPhase.CLAIM, run), run.task);
  }

  /**
   * Writes that a claimed task begins.
   *
   * @param whenInLog is told, on a thread of the producer's that it must not hold up, true once the
   *     record is in the log; false if that cannot be told
   */
  void begins(TaskRun run, Consumer<Boolean> whenInLog) {
    send(
        attempt(AttemptPhase.RUNNING, run), run.task, failure -> whenInLog.accept(failure == null));
  }

  /** Gives the claim of a task back that did not begin. */
  void release(TaskRun run) {
    send(attempt(AttemptPhase.RELEASE, run), run.task);
  }

  /** Writes that a task still runs. */
  void running(TaskRun run, long runNanos) {
    Attempt attempt = attempt(AttemptPhase.RUNNING, run);
    attempt.setRunMs(runNanos / 1e6);
    send(attempt, run.task);
  }

  /** Writes a part of a streamed answer; it says as well that the task runs. */
  void chunk(TaskRun run, InferenceRun chunk, long runNanos) {
    Attempt attempt = attempt(AttemptPhase.RUNNING, run);
    attempt.setRunMs(runNanos / 1e6);
    attempt.setInference(chunk);
    send(attempt, run.task);
  }

  /**
   * Writes how a task ended.
   *
   * @param runNanos how long the tool ran; 0 if it did not
   * @param outcome overrides that of the result, for ends that the worker decided
   */
  void done(TaskRun run, RunResult result, Outcome outcome, long runNanos) {
    Attempt attempt = attempt(AttemptPhase.DONE, run);
    attempt.setOutcome(outcome);
    attempt.setOutput(result.output());
    attempt.setInference(result.inference());
    if (result.failureCode() != null) {
      String message = result.failureMessage() == null ? "" : result.failureMessage();
      attempt.setFailure(new Failure(result.failureCode(), shortened(message)));
    }
    attempt.setRetryable(result.retryable());
    attempt.setRunMs(runNanos / 1e6);
    attempt.setCostMicros(result.costMicros());
    byte[] value = attempts.serialize(topics.attempts().name(), attempt);
    int bytes = value == null ? 0 : value.length;
    Runnable sending =
        () ->
            send(
                topics.attempts().name(),
                run.task.getHomePartition(),
                run.task.getFingerprint(),
                value,
                failure -> {
                  if (failure instanceof RecordTooLargeException) {
                    send(withoutOutput(attempt, bytes), run.task);
                  }
                });
    Together.atEnd(sending, bytes);
  }

  /** What is said where the brokers do not take what the target gave, so that it is not silence. */
  private static Attempt withoutOutput(Attempt attempt, int bytes) {
    Attempt failed = Attempt.newBuilder(attempt).setOutput(null).setInference(null).build();
    failed.setOutcome(Outcome.TOOL_ERROR);
    failed.setRetryable(false);
    failed.setFailure(
        new Failure(
            "OUTPUT_TOO_LARGE",
            "The attempt has %d bytes with its output, more than the topic takes; return less"
                .formatted(bytes)));
    return failed;
  }

  /**
   * Writes that a record was not processed.
   *
   * @param reason stable name
   * @param task the task it holds; null where it could not be read
   */
  void reject(
      ConsumerRecord<byte[], byte[]> source, String reason, String message, @Nullable Task task) {
    RejectedBytes kept = RejectedBytes.of(source.key(), source.value(), message);
    Rejection rejection =
        Rejection.newBuilder()
            .setId(id())
            .setOccurredAt(Instant.ofEpochMilli(clock.epochMillis()))
            .setTenant(task == null ? "default" : task.getTenant())
            .setCorrelationId(task == null ? "" : task.getCorrelationId())
            .setTraceparent(task == null ? null : task.getTraceparent())
            .setOperationId(task == null ? null : task.getOperationId())
            .setReason(reason)
            .setMessage(kept.message())
            .setSourceTopic(source.topic())
            .setSourcePartition(source.partition())
            .setSourceOffset(source.offset())
            .setKeyBytes(kept.key())
            .setValueBytes(kept.value())
            .setApplication("worker " + workerId)
            .build();
    LOG.warn(
        "Rejected {}-{}@{}: {}: {}",
        source.topic(),
        source.partition(),
        source.offset(),
        reason,
        kept.message());
    String key = task == null ? source.topic() : task.getTenant();
    send(
        Topics.REJECTIONS.name(),
        null,
        key,
        rejections.serialize(Topics.REJECTIONS.name(), rejection));
  }

  /** Writes the worker's status; null: it has left in order. */
  void status(@Nullable WorkerStatus status) {
    send(Topics.WORKERS.name(), null, workerId, statuses.serialize(Topics.WORKERS.name(), status));
  }

  /** A new id for a record. */
  String id() {
    return Ids.v7(clock.epochMillis(), ThreadLocalRandom.current());
  }

  /** Waits a while until all that was written is acknowledged; brokers may be away for good. */
  @Override
  public void close() {
    producer.close(FAREWELL);
  }

  private Attempt attempt(AttemptPhase phase, TaskRun run) {
    Attempt attempt = attempt(phase, run.task, run.lifecycle.claimId());
    attempt.setPool(run.pool);
    attempt.setQueueMs(run.queueMs);
    TargetSpec target = run.target;
    if (target != null) {
      attempt.setTargetVersion(target.getVersion());
    }
    return attempt;
  }

  private Attempt attempt(AttemptPhase phase, Task task, String claimId) {
    Attempt attempt = new Attempt();
    attempt.setId(id());
    attempt.setTenant(task.getTenant());
    attempt.setCorrelationId(task.getCorrelationId());
    attempt.setOccurredAt(Instant.ofEpochMilli(clock.epochMillis()));
    attempt.setTraceparent(task.getTraceparent());
    attempt.setOperationId(task.getOperationId());
    attempt.setTaskId(task.getId());
    attempt.setFingerprint(task.getFingerprint());
    attempt.setKind(task.getKind());
    attempt.setPhase(phase);
    attempt.setAttempt(task.getAttempt());
    attempt.setSequence(task.getSequence());
    attempt.setPool("");
    attempt.setClaimId(claimId);
    attempt.setWorkerId(workerId);
    attempt.setTarget(task.getTarget());
    attempt.setTargetVersion(task.getTargetVersion());
    attempt.setOutcome(Outcome.UNKNOWN);
    attempt.setRetryable(true);
    return attempt;
  }

  private void send(Attempt attempt, Task task) {
    send(attempt, task, failure -> {});
  }

  private void send(Attempt attempt, Task task, Consumer<@Nullable Exception> whenSent) {
    String topic = topics.attempts().name();
    byte[] value = attempts.serialize(topic, attempt);
    send(topic, task.getHomePartition(), task.getFingerprint(), value, whenSent);
  }

  private void send(
      String topic, @Nullable Integer partition, String key, byte @Nullable [] value) {
    send(topic, partition, key, value, failure -> {});
  }

  private void send(
      String topic,
      @Nullable Integer partition,
      String key,
      byte @Nullable [] value,
      Consumer<@Nullable Exception> whenSent) {
    byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, keyBytes, value);
    Callback callback =
        (metadata, failure) -> {
          if (failure != null) {
            LOG.error("A record for {} with key {} was not written", topic, key, failure);
          }
          whenSent.accept(failure);
        };
    producer.send(record, callback);
  }

  private static String shortened(String message) {
    return message.length() <= MESSAGE_CHARS_MAX
        ? message
        : message.substring(0, MESSAGE_CHARS_MAX) + "…";
  }
}
