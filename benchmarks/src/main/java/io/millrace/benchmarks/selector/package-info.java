/** The choice among models, replayed in a world whose truth is known. */
@NullMarked
package io.millrace.benchmarks.selector;

import org.jspecify.annotations.NullMarked;
