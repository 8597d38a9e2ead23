package io.millrace.topologies.speculation.logic;

import java.time.Duration;

/**
 * The bounds of speculation in one stream task.
 *
 * @param leastProbability below which no call is made ahead, 0 to 1
 * @param wasteShare of calls made ahead that may never be used, 0 to 1, per tenant
 * @param wasteBurst calls never used that are borne at once, per tenant
 * @param conversationsMax conversations that are followed; the one that was silent longest gives
 *     way
 * @param idle after which a conversation is taken to have ended
 * @param tenantsMax tenants whose habits are kept; the one that was silent longest gives way
 */
public record SpeculationPolicy(
    double leastProbability,
    double wasteShare,
    double wasteBurst,
    int conversationsMax,
    Duration idle,
    int tenantsMax) {

  /** Those that hold unless something else is set. */
  public static SpeculationPolicy defaults() {
    return new SpeculationPolicy(0.4, 0.25, 2, 500, Duration.ofMinutes(10), 64);
  }
}
