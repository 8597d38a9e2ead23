/** Reads the two files a user writes, {@code targets.yaml} and {@code plan.json}, into events. */
@NullMarked
package io.millrace.platform.apply;

import org.jspecify.annotations.NullMarked;
