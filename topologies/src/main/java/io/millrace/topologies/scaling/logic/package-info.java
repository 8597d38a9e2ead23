/** How many replicas a pool is to have: forecasts, headroom, queueing, budget; no Kafka. */
@NullMarked
package io.millrace.topologies.scaling.logic;

import org.jspecify.annotations.NullMarked;
