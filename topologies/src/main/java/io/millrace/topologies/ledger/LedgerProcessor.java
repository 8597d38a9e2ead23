package io.millrace.topologies.ledger;

import io.millrace.events.InferenceResult;
import io.millrace.events.ToolResult;
import io.millrace.events.Usage;
import io.millrace.events.UsageWindow;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Answered;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.ledger.logic.Accounting;
import io.millrace.topologies.ledger.logic.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * Counts each operation once, where its id is at home.
 *
 * <p>Answers lie on the partition that the caller asked for, and may be written again, also to
 * another partition; so what they used is first brought to the partition that their operation id
 * hashes to. Which ids were counted is kept for {@link LedgerTopology#REMEMBERED}.
 */
final class LedgerProcessor
    extends ContextualProcessor<String, Received<? extends SpecificRecord>, String, Object> {
  private static final byte[] MARK = {};
  private static final Duration SAID_EVERY = Duration.ofSeconds(1);
  private static final Duration SAID_AGAIN = Duration.ofHours(1);

  private final Accounting accounting;
  private final int partitions;
  private final Map<Place, UsageWindow> unsaid = new HashMap<>();
  private Answered<byte[]> counted;
  private WindowStore<String, UsageWindow> windows;
  private Ticks ticks;

  /** Where a sum lies in the store. */
  private record Place(String name, long start) {}

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  LedgerProcessor(Accounting accounting, int partitions) {
    this.accounting = accounting;
    this.partitions = partitions;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    WindowStore<String, byte[]> marks = context.getStateStore(LedgerTopology.COUNTED);
    counted = new Answered<>(marks, LedgerTopology.REMEMBERED, context.currentSystemTimeMs());
    windows = context.getStateStore(LedgerTopology.WINDOWS);
    Instant now = Instant.ofEpochMilli(context.currentSystemTimeMs());
    // What was counted and not yet said when this stopped is said now; saying it twice is no harm.
    try (KeyValueIterator<Windowed<String>, UsageWindow> open =
        windows.fetchAll(now.minus(SAID_AGAIN).minus(Duration.ofDays(1)), now)) {
      while (open.hasNext()) {
        KeyValue<Windowed<String>, UsageWindow> window = open.next();
        unsaid.put(new Place(window.key.key(), window.key.window().start()), window.value);
      }
    }
    ticks = new Ticks(context);
    ticks.every(SAID_EVERY, this::say);
  }

  private void say(long now) {
    unsaid.forEach(
        (place, window) ->
            context()
                .forward(
                    new Record<>(Windows.key(window), (Object) window, now),
                    LedgerTopology.WINDOWS_SINK));
    unsaid.clear();
  }

  @Override
  public void process(Record<String, Received<? extends SpecificRecord>> record) {
    ticks.now();
    Received<? extends SpecificRecord> received = record.value();
    if (received == null) {
      return;
    }
    SpecificRecord event = received.record();
    if (event == null) {
      reject(Rejections.undecodable(context(), record, received));
    } else if (event instanceof Usage usage) {
      count(record, received, usage);
    } else {
      Usage usage = usage(record, event);
      if (usage == null) {
        return;
      }
      if (home(usage.getOperationId()) == context().taskId().partition()) {
        count(record, received, usage);
      } else {
        context()
            .forward(
                new Record<>(usage.getOperationId(), (Object) usage, record.timestamp()),
                LedgerTopology.ROUTED);
      }
    }
  }

  /** What an answer used; null for one that is none: a chunk, or an echo of what was counted. */
  private @Nullable Usage usage(Record<String, ?> record, SpecificRecord event) {
    if (event instanceof ToolResult result
        && !Accounting.isEcho(result.getOutcome(), result.getFailure())) {
      return accounting.usage(result, coordinates(), record.timestamp());
    }
    if (event instanceof InferenceResult result
        && result.getLast()
        && !Accounting.isEcho(result.getOutcome(), result.getFailure())) {
      return accounting.usage(result, coordinates(), record.timestamp());
    }
    return null;
  }

  /** Names a record that names itself in no way. */
  private String coordinates() {
    RecordMetadata at = context().recordMetadata().orElse(null);
    return at == null
        ? ""
        : Ids.derived(at.topic(), Integer.toString(at.partition()), Long.toString(at.offset()));
  }

  private int home(String operationId) {
    byte[] key = operationId.getBytes(StandardCharsets.UTF_8);
    return Utils.toPositive(Utils.murmur2(key)) % partitions;
  }

  private void count(Record<String, ?> record, Received<?> received, Usage usage) {
    String operationId = usage.getOperationId();
    long now = context().currentSystemTimeMs();
    Instant made = Ids.timeOf(operationId).orElse(null);
    if (made != null
        && Math.abs(made.toEpochMilli() - now) > LedgerTopology.REMEMBERED.toMillis()) {
      reject(
          Rejections.of(
              context(),
              record,
              received.bytes(),
              usage.getTenant(),
              operationId,
              "USAGE_OUT_OF_TIME",
              "operation id %s was made at %s; whether it was counted is known for ids of the last %s only"
                  .formatted(operationId, made, LedgerTopology.REMEMBERED)));
      return;
    }
    if (counted.get(operationId, now) != null) {
      return;
    }
    counted.put(operationId, now, MARK);
    if (usage.getOccurredAt().toEpochMilli() > now) {
      usage.setOccurredAt(Instant.ofEpochMilli(now));
    }
    context()
        .forward(
            new Record<>(usage.getTenant(), (Object) usage, record.timestamp()),
            LedgerTopology.USAGE);
    for (Duration length : Windows.LENGTHS) {
      add(length, usage, now);
    }
  }

  private void add(Duration length, Usage usage, long now) {
    long start = Windows.start(length, usage.getOccurredAt());
    if (start < now - LedgerTopology.WINDOWS_KEPT.toMillis() + length.toMillis()) {
      // Its window is closed; the usage record stands.
      return;
    }
    Place place = new Place(Windows.name(length, usage), start);
    UsageWindow known = unsaid.get(place);
    UsageWindow before = known != null ? known : windows.fetch(place.name(), start);
    UsageWindow sum = Windows.add(before, length, context().taskId().partition(), usage);
    windows.put(place.name(), sum, start);
    unsaid.put(place, sum);
  }

  private void reject(Record<String, Object> rejection) {
    context().forward(rejection, LedgerTopology.REJECTIONS);
  }
}
