/** Takes tasks from the log, claims, runs and times them, and reports how they ended. */
@NullMarked
package io.millrace.worker.runtime;

import org.jspecify.annotations.NullMarked;
