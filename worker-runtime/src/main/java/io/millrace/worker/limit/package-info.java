/** How many tasks run at once. */
@NullMarked
package io.millrace.worker.limit;

import org.jspecify.annotations.NullMarked;
