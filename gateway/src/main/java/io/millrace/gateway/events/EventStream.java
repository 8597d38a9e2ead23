package io.millrace.gateway.events;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.gateway.GatewayConfig;
import io.millrace.gateway.http.Refusal;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topic;
import io.vertx.core.Context;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One reader's stream of the events of some topics, with a consumer and a thread of its own.
 *
 * <p>Only so many bytes of events wait for the reader. While they do, no more are read; if that
 * lasts too long the stream is ended, and the reader may come again with the id of the last event
 * it got.
 */
final class EventStream implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(15);
  private static final int FETCH_BYTES = 4 << 20;
  private static final int API_TIMEOUT_MS = 10_000;

  private final GatewayConfig config;
  private final List<Topic<?>> topics;
  private final @Nullable String tenant;
  private final @Nullable String lastEventId;
  private final Sink sink;
  private final Context context;
  private final Semaphore room;
  private final Map<String, TotalDeserializer<?>> readers = new HashMap<>();
  private volatile Refusal end =
      new Refusal(503, "STOPPING", "The stream has ended; come again with the last event's id.");
  private volatile @Nullable KafkaConsumer<byte[], byte[]> reading;
  private volatile boolean ended;

  /**
   * A stream that begins when it is run.
   *
   * @param tenant whose events; null: everybody's
   * @param lastEventId after which event it goes on; null: with what comes next
   * @param context where the sink is called
   */
  EventStream(
      GatewayConfig config,
      List<Topic<?>> topics,
      @Nullable String tenant,
      @Nullable String lastEventId,
      Sink sink,
      Context context) {
    this.config = config;
    this.topics = topics;
    this.tenant = tenant;
    this.lastEventId = lastEventId;
    this.sink = sink;
    this.context = context;
    this.room = new Semaphore(config.streamBytesMax());
    topics.forEach(
        topic ->
            readers.put(topic.name(), TotalDeserializer.forValues(topic.record(), config.serde())));
  }

  /** Ends it from any thread; the reader is told why. */
  void close() {
    ended = true;
    KafkaConsumer<byte[], byte[]> consumer = reading;
    if (consumer != null) {
      consumer.wakeup();
    }
  }

  @Override
  public void run() {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      reading = consumer;
      Positions positions = position(consumer);
      context.runOnContext(now -> sink.open());
      long quietSince = System.nanoTime();
      while (!ended) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          positions.passed(record.topic(), record.partition(), record.offset());
          ObjectNode event = event(record);
          if (event != null) {
            deliver(positions.toString(), event);
            quietSince = System.nanoTime();
          }
        }
        if (System.nanoTime() - quietSince > BEAT_NANOS) {
          context.runOnContext(now -> sink.beat());
          quietSince = System.nanoTime();
        }
      }
    } catch (WakeupException | InterruptException e) {
      LOG.debug("A stream was closed");
    } catch (Refusal e) {
      end = e;
    } catch (KafkaException e) {
      end = new Refusal(503, "LOG_UNAVAILABLE", "The log cannot be read: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("A stream of {} failed", readers.keySet(), e);
      end = new Refusal(500, "INTERNAL", "The stream failed; the gateway's log says why.");
    } finally {
      reading = null;
      Refusal why = end;
      context.runOnContext(now -> sink.end(why));
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> settings = config.kafka();
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, API_TIMEOUT_MS);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private Positions position(KafkaConsumer<byte[], byte[]> consumer) {
    List<TopicPartition> partitions =
        topics.stream()
            .flatMap(topic -> consumer.partitionsFor(topic.name()).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    Positions positions =
        new Positions(topics.stream().map(Topic::name).toList(), consumer.endOffsets(partitions));
    if (lastEventId != null) {
      positions.rewind(lastEventId);
    }
    partitions.forEach(partition -> consumer.seek(partition, positions.next(partition)));
    return positions;
  }

  private @Nullable ObjectNode event(ConsumerRecord<byte[], byte[]> record) {
    ObjectNode event =
        JsonNodeFactory.instance
            .objectNode()
            .put("topic", record.topic())
            .put("partition", record.partition())
            .put("offset", record.offset())
            .put("timestamp", record.timestamp())
            .put(
                "key",
                record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8));
    TotalDeserializer<?> reader = readers.get(record.topic());
    Received<?> received =
        reader == null ? null : reader.deserialize(record.topic(), record.value());
    if (received == null) {
      return tenant == null ? event.putNull("record") : null;
    }
    if (received.record() instanceof SpecificRecord read) {
      return tenant == null || tenant.equals(tenant(read))
          ? event.set("record", RecordJson.toJson(read))
          : null;
    }
    if (tenant != null || received.problem() == null) {
      return null;
    }
    event
        .putObject("undecodable")
        .put("reason", received.problem().reason())
        .put("message", received.problem().message());
    return event;
  }

  private static @Nullable Object tenant(SpecificRecord record) {
    Schema.Field field = record.getSchema().getField("tenant");
    return field == null ? null : record.get(field.pos());
  }

  /** Waits for room, sends, and gives the room back when the event has left. */
  private void deliver(String id, ObjectNode event) throws InterruptedException {
    int bytes = Math.min(config.streamBytesMax(), event.toString().length());
    if (!room.tryAcquire(bytes, config.streamStall().toMillis(), TimeUnit.MILLISECONDS)) {
      throw new Refusal(
          429,
          "READER_SLOW",
          "More than %d bytes of events waited for %d ms; come again with the last event's id."
              .formatted(config.streamBytesMax(), config.streamStall().toMillis()));
    }
    context.runOnContext(now -> sink.event(id, event).onComplete(done -> room.release(bytes)));
  }
}
