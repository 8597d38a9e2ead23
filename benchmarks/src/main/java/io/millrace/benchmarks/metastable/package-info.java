/** Overload that outlives its trigger, in virtual time. */
@NullMarked
package io.millrace.benchmarks.metastable;

import org.jspecify.annotations.NullMarked;
