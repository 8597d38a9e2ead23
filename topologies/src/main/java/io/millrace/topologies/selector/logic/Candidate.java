package io.millrace.topologies.selector.logic;

/**
 * A model that may be chosen.
 *
 * @param model its target, such as 'model:small'
 * @param cost of one run, in any one unit, 0 if not known; what runs are seen to cost takes its
 *     place
 */
public record Candidate(String model, double cost) {}
