/** Choosing among models: which one does for which class of inputs, at least cost. */
@NullMarked
package io.millrace.topologies.selector.logic;

import org.jspecify.annotations.NullMarked;
