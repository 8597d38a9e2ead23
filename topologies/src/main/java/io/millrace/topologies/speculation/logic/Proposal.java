package io.millrace.topologies.speculation.logic;

/**
 * A call that is worth making before it is asked for.
 *
 * @param target what is called; declared speculative
 * @param arguments text of a JSON object
 * @param probability with which it will be asked for, 0 to 1
 * @param reason why, for people
 */
public record Proposal(String target, String arguments, double probability, String reason) {}
