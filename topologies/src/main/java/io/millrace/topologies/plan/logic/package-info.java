/** How a plan unfolds, without Kafka. */
@NullMarked
package io.millrace.topologies.plan.logic;

import org.jspecify.annotations.NullMarked;
