/** Runs ensembles, and parts of them, inside the worker. */
@NullMarked
package io.millrace.inference.compose;

import org.jspecify.annotations.NullMarked;
