package io.millrace.topologies.scaling.logic;

import java.util.List;

/**
 * What was decided for a pool, and why.
 *
 * @param replicas that it is to have
 * @param exact the same before rounding up, for comparing costs
 * @param observed arrivals per second in the last window
 * @param forecast arrivals per second that are expected when it takes effect
 * @param provided arrivals per second that are provided for then
 * @param forecaster name of the one that is trusted most
 * @param serviceMs mean time that one operation keeps a slot
 * @param panic whether it rests on the newest arrivals alone
 * @param reason for people
 * @param rejected the alternative; -1: none
 * @param rejectedReason why not, for people
 * @param faults of forecasters, for people
 */
public record Scaling(
    int replicas,
    double exact,
    double observed,
    double forecast,
    double provided,
    String forecaster,
    double serviceMs,
    boolean panic,
    String reason,
    int rejected,
    String rejectedReason,
    List<String> faults) {}
