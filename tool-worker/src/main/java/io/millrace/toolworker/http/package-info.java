/** Tools that are one HTTP request. */
@NullMarked
package io.millrace.toolworker.http;

import org.jspecify.annotations.NullMarked;
