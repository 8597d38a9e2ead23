/** The decisions of dispatch, without Kafka. */
@NullMarked
package io.millrace.topologies.dispatch.logic;

import org.jspecify.annotations.NullMarked;
