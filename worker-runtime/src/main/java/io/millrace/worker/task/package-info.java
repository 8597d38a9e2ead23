/** What a kind of worker implements: how one task is run, how it ends and how it is called off. */
@NullMarked
package io.millrace.worker.task;

import org.jspecify.annotations.NullMarked;
