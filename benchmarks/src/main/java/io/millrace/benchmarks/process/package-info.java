/** Platforms and workers in processes of their own, and what those cost. */
@NullMarked
package io.millrace.benchmarks.process;

import org.jspecify.annotations.NullMarked;
