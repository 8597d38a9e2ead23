/** How health is folded and judged, without Kafka. */
@NullMarked
package io.millrace.topologies.health.logic;

import org.jspecify.annotations.NullMarked;
