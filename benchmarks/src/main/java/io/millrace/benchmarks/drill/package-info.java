/** Faults on purpose: what is lost or done twice when processes are killed. */
@NullMarked
package io.millrace.benchmarks.drill;

import org.jspecify.annotations.NullMarked;
