package io.millrace.topologies;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Clients of stream threads whose producers send together what one pass of the thread says.
 *
 * <p>A producer that does not linger sends the first record of a burst alone: its sender wakes up
 * at that record and finds no other, so a plan's eight calls would go out as one and seven, be
 * fetched as one and seven and be processed as one and seven, each with its round trip. Here the
 * records of a pass are held until the thread polls for the next ones, and then given to the
 * producer at once. Nothing is held for more than the first {@value #HELD_MILLIS} ms of a pass: in
 * one that takes longer, after a start for instance, the sender works while the thread goes on.
 *
 * <p>For threads at least once, of the classic group protocol: a transaction's records must be in
 * the producer when it ends, and the streams protocol takes no consumers of others.
 */
final class BurstClients implements KafkaClientSupplier {
  private static final int HELD_MILLIS = 5;
  private static final String PRODUCER = "-producer";
  private static final String CONSUMER = "-consumer";

  private final Map<String, BurstProducer> producers = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime a clock, nanoseconds since any moment
   */
  BurstClients(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  public Admin getAdmin(Map<String, Object> config) {
    return Admin.create(config);
  }

  @Override
  public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
    String thread = thread(config, PRODUCER);
    BurstProducer producer = new BurstProducer(config);
    producers.put(thread, producer);
    return producer;
  }

  @Override
  public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
    String thread = thread(config, CONSUMER);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()) {
      @Override
      public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        BurstProducer producer = producers.get(thread);
        if (producer != null) {
          producer.handOver();
        }
        return super.poll(timeout);
      }
    };
  }

  @Override
  public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** The name of the stream thread that a client is made for, which its own begins with. */
  private static String thread(Map<String, Object> config, String suffix) {
    String client = String.valueOf(config.get(CommonClientConfigs.CLIENT_ID_CONFIG));
    if (!client.endsWith(suffix)) {
      throw new IllegalArgumentException(
          "client id %s of a stream thread does not end in %s".formatted(client, suffix));
    }
    return client.substring(0, client.length() - suffix.length());
  }

  /**
   * Holds what is sent until it is told to hand over, or to flush or close. For its stream thread
   * alone.
   */
  private final class BurstProducer extends KafkaProducer<byte[], byte[]> {
    private final List<Held> held = new ArrayList<>();
    private boolean passing;
    private long since;

    /** A record, and who hears what became of it. */
    private static final class Held extends CompletableFuture<RecordMetadata> implements Callback {
      private final ProducerRecord<byte[], byte[]> record;
      private final @Nullable Callback callback;

      Held(ProducerRecord<byte[], byte[]> record, @Nullable Callback callback) {
        this.record = record;
        this.callback = callback;
      }

      @Override
      public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception failure) {
        if (failure == null) {
          complete(metadata);
        } else {
          completeExceptionally(failure);
        }
        if (callback != null) {
          callback.onCompletion(metadata, failure);
        }
      }
    }

    BurstProducer(Map<String, Object> config) {
      super(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public Future<RecordMetadata> send(
        ProducerRecord<byte[], byte[]> record, @Nullable Callback callback) {
      long now = nanoTime.getAsLong();
      if (!passing) {
        passing = true;
        since = now;
      }
      if (now - since < HELD_MILLIS * 1_000_000L) {
        Held later = new Held(record, callback);
        held.add(later);
        return later;
      }
      release();
      return super.send(record, callback);
    }

    /** The pass is over. */
    void handOver() {
      release();
      passing = false;
    }

    private void release() {
      List<Held> now = List.copyOf(held);
      held.clear();
      for (Held each : now) {
        try {
          super.send(each.record, each);
        } catch (RuntimeException e) {
          each.onCompletion(null, e);
        }
      }
    }

    @Override
    public void flush() {
      handOver();
      super.flush();
    }

    @Override
    public void close(Duration timeout) {
      handOver();
      producers.values().remove(this);
      super.close(timeout);
    }
  }
}
