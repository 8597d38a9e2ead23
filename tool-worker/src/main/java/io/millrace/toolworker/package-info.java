/** Runs tool calls: built-in tools, HTTP requests and programs. */
@NullMarked
package io.millrace.toolworker;

import org.jspecify.annotations.NullMarked;
