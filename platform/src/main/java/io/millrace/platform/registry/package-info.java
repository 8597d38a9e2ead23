/** A schema registry that speaks Confluent's REST interface and keeps its schemas in Kafka. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.registry;
