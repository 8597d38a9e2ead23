package io.millrace.schemas.topics;

import io.millrace.events.Rejection;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * One topic, or one member of a family of topics, of the catalogue.
 *
 * @param name its name
 * @param record class of its values
 * @param key what its keys are, for people
 * @param spread how many partitions it gets
 * @param cleanup what happens to old records
 * @param retention how long records are kept ({@link Cleanup#DELETE}, {@link
 *     Cleanup#COMPACT_AND_DELETE}), or the least age at which a record may be compacted away
 *     ({@link Cleanup#COMPACT})
 * @param writers who writes it, for people: names separated by a comma and a space
 * @param readers who reads it, for people
 */
public record Topic<T extends SpecificRecord>(
    String name,
    Class<T> record,
    String key,
    Spread spread,
    Cleanup cleanup,
    Duration retention,
    String writers,
    String readers) {

  /** Largest record of any topic, bytes: two payloads of 1 MiB and what is around them fit. */
  public static final int RECORD_BYTES_MAX = 4 * 1024 * 1024;

  /** Most bytes of tensors in one request to a model, and in one answer. */
  public static final int TENSOR_BYTES_MAX = 8 * 1024 * 1024;

  /** Largest record of inference, bytes: tensors and what is around them. */
  public static final int INFERENCE_BYTES_MAX = TENSOR_BYTES_MAX + 1024 * 1024;

  /** Largest rejection, bytes: it holds the rejected record whole. */
  public static final int REJECTION_BYTES_MAX = INFERENCE_BYTES_MAX + 1024 * 1024;

  private static final String INFERENCE = "inference.";

  /** How many partitions a topic gets; never changed in place. */
  public enum Spread {
    /** Keyed work: 1 partition embedded, unless more are asked for, 24 in a cluster. */
    KEYED(1, 24),
    /** Small, or in one order. */
    SINGLE(1, 1);

    private final int embedded;
    private final int cluster;

    Spread(int embedded, int cluster) {
      this.embedded = embedded;
      this.cluster = cluster;
    }

    /** Partitions on the embedded platform by default. */
    public int embedded() {
      return embedded;
    }

    /** Partitions in a cluster. */
    public int cluster() {
      return cluster;
    }
  }

  /** What happens to old records. */
  public enum Cleanup {
    /** Deleted after the retention. */
    DELETE("delete"),
    /** The last record of each key is kept for ever. */
    COMPACT("compact"),
    /** The last record of each key is kept for the retention. */
    COMPACT_AND_DELETE("compact,delete");

    private final String policy;

    Cleanup(String policy) {
      this.policy = policy;
    }

    /** As Kafka names it. */
    public String policy() {
      return policy;
    }
  }

  /** The topic's settings as Kafka names them. */
  public Map<String, String> config() {
    Map<String, String> config = new LinkedHashMap<>();
    config.put("max.message.bytes", Integer.toString(recordBytesMax()));
    config.put("cleanup.policy", cleanup.policy());
    config.put(
        cleanup == Cleanup.COMPACT ? "min.compaction.lag.ms" : "retention.ms",
        Long.toString(retention.toMillis()));
    return config;
  }

  /** Whether clients write it, by {@link #writers}; what others write, clients may only read. */
  public boolean clientsWrite() {
    return List.of(writers.split(", ")).contains("clients");
  }

  /** Largest record that its brokers take, bytes. */
  public int recordBytesMax() {
    if (record == Rejection.class) {
      return REJECTION_BYTES_MAX;
    }
    return name.startsWith(INFERENCE) ? INFERENCE_BYTES_MAX : RECORD_BYTES_MAX;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Topic<?> topic && topic.name.equals(name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }
}
