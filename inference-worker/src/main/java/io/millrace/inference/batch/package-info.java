/** Gathers requests of one model version into batches and runs them. */
@NullMarked
package io.millrace.inference.batch;

import org.jspecify.annotations.NullMarked;
