/** Tools that are a program. */
@NullMarked
package io.millrace.toolworker.process;

import org.jspecify.annotations.NullMarked;
