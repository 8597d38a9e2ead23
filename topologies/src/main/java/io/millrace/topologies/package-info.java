/** The applications that topologies are grouped into, and what they share. */
@NullMarked
package io.millrace.topologies;

import org.jspecify.annotations.NullMarked;
