/** Names what is going on at a target: failure patterns, from summaries, without Kafka. */
@NullMarked
package io.millrace.topologies.health.patterns.logic;

import org.jspecify.annotations.NullMarked;
