package io.millrace.schemas.serde;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads Avro records in Confluent's wire format (see {@link EventSerializer}) with the writer's
 * schema by its id, as the reader's class or, without one, as GenericRecord.
 *
 * <p>The registry is asked once per id; an id it does not know is asked for again after 10 s at the
 * earliest. Safe for use by several threads.
 *
 * @param <T> generated class, or GenericRecord
 */
public final class EventDeserializer<T extends GenericContainer> implements Deserializer<T> {
  private static final int HEADER_BYTES = 5;
  private static final long UNKNOWN_ID_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int UNKNOWN_IDS_MAX = 10_000;

  private static final ThreadLocal<@Nullable BinaryDecoder> DECODER = new ThreadLocal<>();

  private final Map<Integer, DatumReader<T>> readers = new ConcurrentHashMap<>();
  private final Map<Integer, Unknown> unknownIds = new ConcurrentHashMap<>();
  private final @Nullable Class<T> type;
  private final KnownSchemas known;
  private @Nullable RegistryClient registry;
  private boolean specific;

  static {
    AvroSafety.establish();
  }

  /** For Kafka, which configures it afterwards; reads the class that the writer's schema names. */
  public EventDeserializer() {
    this.type = null;
    this.known = new KnownSchemas();
  }

  private EventDeserializer(Class<T> type, KnownSchemas known) {
    this.type = type;
    this.known = known;
  }

  /**
   * A deserializer of values of one generated class.
   *
   * @param type what to read; a record of another type is refused
   * @param settings keys of {@link SerdeConfig}
   */
  public static <T extends GenericContainer> EventDeserializer<T> forValues(
      Class<T> type, Map<String, ?> settings) {
    return forValues(type, settings, new KnownSchemas());
  }

  static <T extends GenericContainer> EventDeserializer<T> forValues(
      Class<T> type, Map<String, ?> settings, KnownSchemas known) {
    EventDeserializer<T> deserializer = new EventDeserializer<>(type, known);
    deserializer.configure(settings, false);
    return deserializer;
  }

  @Override
  public void configure(Map<String, ?> settings, boolean isKey) {
    SerdeConfig config = new SerdeConfig(settings);
    this.registry = new RegistryClient(config);
    this.specific = type != null || config.getBoolean(SerdeConfig.SPECIFIC_AVRO_READER);
  }

  /**
   * The record in some bytes.
   *
   * @param topic for messages
   * @param bytes null for a tombstone
   * @return null for null
   * @throws RegistryException if the registry does not know the schema's id or stays away
   * @throws SerializationException if the bytes are no such record
   */
  @Override
  public @Nullable T deserialize(String topic, byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    if (bytes.length < HEADER_BYTES || bytes[0] != EventSerializer.MAGIC) {
      throw new SerializationException(
          "not Avro in Confluent's wire format: expected a 0 byte and a 4-byte schema id, got %d"
                  .formatted(bytes.length)
              + " bytes beginning "
              + HexFormat.of().formatHex(bytes, 0, Math.min(HEADER_BYTES, bytes.length)));
    }
    int id = ByteBuffer.wrap(bytes, 1, 4).getInt();
    DatumReader<T> reader = readers.get(id);
    if (reader == null) {
      reader = reader(id);
      readers.put(id, reader);
    }
    try {
      BinaryDecoder decoder =
          DecoderFactory.get()
              .binaryDecoder(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, DECODER.get());
      DECODER.set(decoder);
      T record = reader.read(null, decoder);
      if (!decoder.isEnd()) {
        throw new SerializationException("bytes are left over after the record");
      }
      return record;
    } catch (Exception | StackOverflowError e) {
      DECODER.remove();
      throw new SerializationException(
          "schema %d does not read as %s from %s: %s"
              .formatted(
                  id,
                  type == null ? "a record" : type.getName(),
                  topic,
                  e instanceof EOFException ? "the bytes end too early" : e.getMessage()),
          e);
    }
  }

  private DatumReader<T> reader(int id) {
    RegistryClient client = registry;
    if (client == null) {
      throw new SerializationException("the deserializer was not configured");
    }
    Schema writer = writer(client, id);
    if (!specific) {
      return new GenericDatumReader<>(writer);
    }
    Class<?> readerClass = type != null ? type : SpecificData.get().getClass(writer);
    if (readerClass == null) {
      throw new SerializationException("there is no class for schema " + writer.getFullName());
    }
    SpecificData model = SpecificData.getForClass(readerClass);
    Schema reader = model.getSchema(readerClass);
    if (writer.getType() != Schema.Type.RECORD
        || !writer.getFullName().equals(reader.getFullName())) {
      throw new SerializationException(
          "schema %d is a %s, expected a %s"
              .formatted(id, writer.getFullName(), reader.getFullName()));
    }
    return new SpecificDatumReader<>(writer, reader, model);
  }

  private Schema writer(RegistryClient client, int id) {
    Schema before = known.get(id);
    if (before != null) {
      return before;
    }
    Unknown unknown = unknownIds.get(id);
    if (unknown != null && System.nanoTime() - unknown.askedAt < UNKNOWN_ID_NANOS) {
      throw unknown.failure;
    }
    Schema writer;
    try {
      writer = client.schema(id);
    } catch (RegistryException e) {
      if (!e.away()) {
        if (unknownIds.size() >= UNKNOWN_IDS_MAX) {
          unknownIds.clear();
        }
        unknownIds.put(id, new Unknown(System.nanoTime(), e));
      }
      throw e;
    }
    unknownIds.remove(id);
    known.put(id, writer);
    return writer;
  }

  private record Unknown(long askedAt, RegistryException failure) {}
}
