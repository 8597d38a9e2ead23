/** How much waiting speculation hides on recorded conversations of agents, and what it wastes. */
@NullMarked
package io.millrace.benchmarks.speculation;

import org.jspecify.annotations.NullMarked;
