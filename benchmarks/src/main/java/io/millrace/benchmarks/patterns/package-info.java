/** A fleet of simulated targets with injected failures, which failure patterns are scored on. */
@NullMarked
package io.millrace.benchmarks.patterns;

import org.jspecify.annotations.NullMarked;
