/** What an operation used, what that costs, and sums by hour and day; no Kafka. */
@NullMarked
package io.millrace.topologies.ledger.logic;

import org.jspecify.annotations.NullMarked;
