package io.millrace.topologies.speculation.logic;

/**
 * Where in a conversation values of one kind come from.
 *
 * @param target whose steps show them; {@link Step#SAID} for words
 * @param place path in the step, such as {@code output.reservations.*}; a star stands for every
 *     element of an array
 * @param shape what the words of a running text look like, see {@link Tokens#shape}; empty where a
 *     value stands alone
 */
record Source(String target, String place, String shape) {}
