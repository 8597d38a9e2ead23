/** The ledger: what operations used and what it cost, counted exactly once. */
@NullMarked
package io.millrace.topologies.ledger;

import org.jspecify.annotations.NullMarked;
