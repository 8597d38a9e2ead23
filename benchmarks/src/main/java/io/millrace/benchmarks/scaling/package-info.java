/** Replays traces of arrivals through the classes that scale pools, in virtual time. */
@NullMarked
package io.millrace.benchmarks.scaling;

import org.jspecify.annotations.NullMarked;
