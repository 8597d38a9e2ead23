/** A counter-example that shows that the rules for logic notice what they forbid. */
@NullMarked
package io.millrace.benchmarks.architecture.logic;

import org.jspecify.annotations.NullMarked;
