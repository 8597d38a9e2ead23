/** What topologies and workers both need to know of ensembles. */
@NullMarked
package io.millrace.schemas.ensemble;

import org.jspecify.annotations.NullMarked;
