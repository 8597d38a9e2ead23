/** Scaling: what workers say becomes decisions on the replicas of each pool. */
@NullMarked
package io.millrace.topologies.scaling;

import org.jspecify.annotations.NullMarked;
