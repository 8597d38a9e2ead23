/** The Kafka broker that runs inside this JVM. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.broker;
