/** Runs ensembles of models whose steps more than one pool serves, or that choose. */
@NullMarked
package io.millrace.topologies.ensemble;

import org.jspecify.annotations.NullMarked;
