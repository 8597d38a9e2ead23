/** How near plans come to their critical path. */
@NullMarked
package io.millrace.benchmarks.plans;

import org.jspecify.annotations.NullMarked;
