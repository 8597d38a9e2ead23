package io.millrace.schemas.serde;

import org.apache.avro.Schema;
import org.apache.kafka.common.config.ConfigException;

/** How the registry's subject for a schema is named: Confluent's three strategies. */
enum SubjectNames {
  TOPIC("TopicNameStrategy") {
    @Override
    String subject(String topic, boolean isKey, Schema schema) {
      return topic + (isKey ? "-key" : "-value");
    }
  },
  RECORD("RecordNameStrategy") {
    @Override
    String subject(String topic, boolean isKey, Schema schema) {
      return schema.getFullName();
    }
  },
  TOPIC_RECORD("TopicRecordNameStrategy") {
    @Override
    String subject(String topic, boolean isKey, Schema schema) {
      return topic + "-" + schema.getFullName();
    }
  };

  private final String className;

  SubjectNames(String className) {
    this.className = className;
  }

  abstract String subject(String topic, boolean isKey, Schema schema);

  String strategyClass() {
    return "io.confluent.kafka.serializers.subject." + className;
  }

  static SubjectNames of(String strategy) {
    for (SubjectNames names : values()) {
      if (strategy.equals(names.className) || strategy.equals(names.strategyClass())) {
        return names;
      }
    }
    throw new ConfigException(
        SerdeConfig.VALUE_SUBJECT_NAME_STRATEGY,
        strategy,
        "expected TopicNameStrategy, RecordNameStrategy or TopicRecordNameStrategy");
  }
}
