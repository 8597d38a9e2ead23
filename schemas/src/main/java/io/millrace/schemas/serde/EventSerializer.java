package io.millrace.schemas.serde;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes Avro records in Confluent's wire format: a zero byte, the schema's id as a big-endian int,
 * the record in Avro's binary encoding.
 *
 * <p>The registry is asked once per subject and schema. Safe for use by several threads.
 *
 * @param <T> generated class, or GenericRecord
 */
public final class EventSerializer<T extends GenericContainer> implements Serializer<T> {
  /** First byte of the wire format. */
  public static final byte MAGIC = 0;

  private static final int BUFFER_BYTES_KEPT = 64 * 1024;

  private static final ThreadLocal<Buffer> BUFFER = ThreadLocal.withInitial(Buffer::new);

  private final Map<Schema, DatumWriter<T>> writers = new ConcurrentHashMap<>();
  private final Map<Subject, Integer> ids = new ConcurrentHashMap<>();
  private @Nullable RegistryClient registry;
  private SubjectNames subjectNames = SubjectNames.TOPIC;
  private boolean autoRegister;
  private boolean isKey;
  private volatile @Nullable Known last;

  static {
    AvroSafety.establish();
  }

  /** For Kafka, which configures it afterwards. */
  public EventSerializer() {}

  /**
   * A serializer of values.
   *
   * @param settings keys of {@link SerdeConfig}
   */
  public static <T extends GenericContainer> EventSerializer<T> forValues(Map<String, ?> settings) {
    EventSerializer<T> serializer = new EventSerializer<>();
    serializer.configure(settings, false);
    return serializer;
  }

  @Override
  public void configure(Map<String, ?> settings, boolean isKey) {
    SerdeConfig config = new SerdeConfig(settings);
    this.registry = new RegistryClient(config);
    this.subjectNames = config.subjectNames(isKey);
    this.autoRegister = config.getBoolean(SerdeConfig.AUTO_REGISTER_SCHEMAS);
    this.isKey = isKey;
  }

  /**
   * Asks the registry for the id of a schema, so that no record has to wait for it later.
   *
   * @param topic names the subject
   * @throws SerializationException if the registry does not give one
   */
  public void prepare(String topic, Schema schema) {
    id(topic, schema);
  }

  /**
   * The bytes of a record.
   *
   * @param topic names the subject
   * @param record null for a tombstone
   * @return null for null
   * @throws SerializationException if the record does not fit its schema or the registry does not
   *     give an id
   */
  @Override
  public byte @Nullable [] serialize(String topic, @Nullable T record) {
    if (record == null) {
      return null;
    }
    Schema schema = record.getSchema();
    int id = id(topic, schema);
    Buffer buffer = BUFFER.get();
    buffer.out.reset();
    buffer.out.write(MAGIC);
    buffer.out.write(id >>> 24);
    buffer.out.write(id >>> 16);
    buffer.out.write(id >>> 8);
    buffer.out.write(id);
    try {
      buffer.encoder = EncoderFactory.get().directBinaryEncoder(buffer.out, buffer.encoder);
      writer(schema, record).write(record, buffer.encoder);
      buffer.encoder.flush();
      return buffer.out.toByteArray();
    } catch (IOException | RuntimeException e) {
      throw new SerializationException(
          "cannot write a %s to %s: %s".formatted(schema.getFullName(), topic, e.getMessage()), e);
    } finally {
      if (buffer.out.size() > BUFFER_BYTES_KEPT) {
        BUFFER.remove();
      }
    }
  }

  private DatumWriter<T> writer(Schema schema, T record) {
    Known known = last;
    if (known != null && same(known.schema, schema)) {
      @SuppressWarnings("unchecked") // the writer of this schema was made for this T
      DatumWriter<T> writer = (DatumWriter<T>) known.writer;
      return writer;
    }
    return writers.computeIfAbsent(
        schema,
        s ->
            record instanceof SpecificRecord
                ? new SpecificDatumWriter<>(s)
                : new GenericDatumWriter<>(s));
  }

  private int id(String topic, Schema schema) {
    Known known = last;
    if (known != null && same(known.schema, schema) && known.topic.equals(topic)) {
      return known.id;
    }
    String subject = subjectNames.subject(topic, isKey, schema);
    Subject key = new Subject(subject, schema);
    Integer id = ids.get(key);
    if (id == null) {
      id = ask(subject, schema);
      ids.put(key, id);
    }
    DatumWriter<T> writer = writers.get(schema);
    if (writer != null) {
      last = new Known(topic, schema, id, writer);
    }
    return id;
  }

  /** Identity suffices: a class has one schema object, and a miss costs only a map look-up. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean same(Schema one, Schema other) {
    return one == other;
  }

  private int ask(String subject, Schema schema) {
    RegistryClient client = registry;
    if (client == null) {
      throw new SerializationException("the serializer was not configured");
    }
    Schema plain = AvroSafety.withoutJavaHints(schema);
    return autoRegister ? client.register(subject, plain) : client.lookUp(subject, plain);
  }

  private record Subject(String name, Schema schema) {}

  private record Known(String topic, Schema schema, int id, DatumWriter<?> writer) {}

  private static final class Buffer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    private @Nullable BinaryEncoder encoder;
  }
}
