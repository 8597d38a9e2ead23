/** Which calls are likely next, and whether one is made before it is asked for. */
@NullMarked
package io.millrace.topologies.speculation.logic;

import org.jspecify.annotations.NullMarked;
