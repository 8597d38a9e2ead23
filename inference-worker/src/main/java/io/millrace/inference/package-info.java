/** Runs models: loads what is declared, batches requests and answers the tasks of its pools. */
@NullMarked
package io.millrace.inference;

import org.jspecify.annotations.NullMarked;
