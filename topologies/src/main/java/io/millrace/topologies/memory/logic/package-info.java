/** What logic has learnt, as bytes that outlive a restart; no Kafka. */
@NullMarked
package io.millrace.topologies.memory.logic;

import org.jspecify.annotations.NullMarked;
