package io.millrace.benchmarks.patterns;

import io.millrace.events.FailurePattern;

/**
 * A failure that was put into a fleet, and what is to be said of it.
 *
 * @param target what fails
 * @param pattern how
 * @param blamed where it comes from
 * @param fromSecond when it begins, seconds since the start
 * @param toSecond when it ends
 */
record Injection(
    String target, FailurePattern pattern, String blamed, double fromSecond, double toSecond) {}
