/** Calls that are likely are made before they are asked for. */
@NullMarked
package io.millrace.topologies.speculation;

import org.jspecify.annotations.NullMarked;
