/** The first stage of the request path: what may go on. */
@NullMarked
package io.millrace.topologies.guard;

import org.jspecify.annotations.NullMarked;
