/** Health and circuits of targets. */
@NullMarked
package io.millrace.topologies.health;

import org.jspecify.annotations.NullMarked;
