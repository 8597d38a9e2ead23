package io.millrace.schemas.serde;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;

/**
 * Settings of the Avro serde, under the names of Confluent's serializers so that either can be put
 * in the other's place.
 */
public final class SerdeConfig extends AbstractConfig {
  /** Where the registry is. */
  public static final String SCHEMA_REGISTRY_URL = "schema.registry.url";

  /** How long a registry that is away is tried again, milliseconds. */
  public static final String RETRY_TIMEOUT_MS = "schema.registry.retry.timeout.ms";

  static final String AUTO_REGISTER_SCHEMAS = "auto.register.schemas";
  static final String SPECIFIC_AVRO_READER = "specific.avro.reader";
  static final String KEY_SUBJECT_NAME_STRATEGY = "key.subject.name.strategy";
  static final String VALUE_SUBJECT_NAME_STRATEGY = "value.subject.name.strategy";
  static final String USER_INFO = "basic.auth.user.info";
  static final String REQUEST_TIMEOUT_MS = "schema.registry.request.timeout.ms";

  /** The keys with type, default, range, unit and meaning. */
  public static final ConfigDef DEFINITION =
      new ConfigDef()
          .define(
              SCHEMA_REGISTRY_URL,
              Type.LIST,
              ConfigDef.NO_DEFAULT_VALUE,
              Importance.HIGH,
              "Addresses of the schema registry, tried in order; http or https.")
          .define(
              AUTO_REGISTER_SCHEMAS,
              Type.BOOLEAN,
              true,
              Importance.MEDIUM,
              "Whether a schema that the registry does not have is registered; otherwise it is only"
                  + " looked up.")
          .define(
              SPECIFIC_AVRO_READER,
              Type.BOOLEAN,
              true,
              Importance.MEDIUM,
              "Whether records are read as generated classes; otherwise as GenericRecord.")
          .define(
              KEY_SUBJECT_NAME_STRATEGY,
              Type.STRING,
              SubjectNames.TOPIC.strategyClass(),
              Importance.LOW,
              "How the subject of a key's schema is named: TopicNameStrategy, RecordNameStrategy or"
                  + " TopicRecordNameStrategy, with or without Confluent's package.")
          .define(
              VALUE_SUBJECT_NAME_STRATEGY,
              Type.STRING,
              SubjectNames.TOPIC.strategyClass(),
              Importance.LOW,
              "How the subject of a value's schema is named; as for keys.")
          .define(
              USER_INFO,
              Type.PASSWORD,
              "",
              Importance.LOW,
              "user:password for HTTP Basic authentication at the registry; empty: none.")
          .define(
              REQUEST_TIMEOUT_MS,
              Type.INT,
              5_000,
              ConfigDef.Range.between(10, 600_000),
              Importance.LOW,
              "Longest time to connect and to wait for one answer of the registry, milliseconds.")
          .define(
              RETRY_TIMEOUT_MS,
              Type.INT,
              10_000,
              ConfigDef.Range.between(0, 3_600_000),
              Importance.LOW,
              "How long a registry that is away is tried again before the call fails,"
                  + " milliseconds.");

  SerdeConfig(Map<String, ?> settings) {
    super(DEFINITION, settings, false);
  }

  List<String> urls() {
    return getList(SCHEMA_REGISTRY_URL);
  }

  SubjectNames subjectNames(boolean isKey) {
    return SubjectNames.of(
        getString(isKey ? KEY_SUBJECT_NAME_STRATEGY : VALUE_SUBJECT_NAME_STRATEGY));
  }
}
