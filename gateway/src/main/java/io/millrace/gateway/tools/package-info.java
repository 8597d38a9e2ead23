/** Calling tools and running plans. */
@NullMarked
package io.millrace.gateway.tools;

import org.jspecify.annotations.NullMarked;
