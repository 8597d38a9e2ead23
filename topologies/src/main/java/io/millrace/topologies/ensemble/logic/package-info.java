/** Composition of models: graphs, their parts, and how they are run and chosen. */
@NullMarked
package io.millrace.topologies.ensemble.logic;

import org.jspecify.annotations.NullMarked;
