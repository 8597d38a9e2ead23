/** How fast health keeps up with what outsiders report. */
@NullMarked
package io.millrace.benchmarks.decisions;

import org.jspecify.annotations.NullMarked;
