/** The drill of a burst: a pool grows and shrinks under load, and nothing may be lost. */
@NullMarked
package io.millrace.benchmarks.burst;

import org.jspecify.annotations.NullMarked;
