/** Replays of what caches were asked for: Millrace's policy beside others. */
@NullMarked
package io.millrace.benchmarks.cache;

import org.jspecify.annotations.NullMarked;
