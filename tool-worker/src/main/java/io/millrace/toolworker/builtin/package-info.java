/** The tools that ship with every worker. */
@NullMarked
package io.millrace.toolworker.builtin;

import org.jspecify.annotations.NullMarked;
