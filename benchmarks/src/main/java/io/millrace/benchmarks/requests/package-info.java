/** How fast plans and calls are answered, and what that costs. */
@NullMarked
package io.millrace.benchmarks.requests;

import org.jspecify.annotations.NullMarked;
