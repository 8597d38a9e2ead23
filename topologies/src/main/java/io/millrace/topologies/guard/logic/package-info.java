/** The rules of the guard, without Kafka. */
@NullMarked
package io.millrace.topologies.guard.logic;

import org.jspecify.annotations.NullMarked;
