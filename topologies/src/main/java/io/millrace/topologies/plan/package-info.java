/** Plans: graphs of tool calls. */
@NullMarked
package io.millrace.topologies.plan;

import org.jspecify.annotations.NullMarked;
