/** Holds the design's arrows and bans over all modules. */
@NullMarked
package io.millrace.benchmarks.architecture;

import org.jspecify.annotations.NullMarked;
