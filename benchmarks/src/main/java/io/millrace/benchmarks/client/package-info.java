/** Kafka clients as any user of the platform would write them. */
@NullMarked
package io.millrace.benchmarks.client;

import org.jspecify.annotations.NullMarked;
