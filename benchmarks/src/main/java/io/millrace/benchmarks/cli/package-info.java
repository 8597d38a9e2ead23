/** The commands bench and drill. */
@NullMarked
package io.millrace.benchmarks.cli;

import org.jspecify.annotations.NullMarked;
