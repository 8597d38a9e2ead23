package io.millrace.platform.advice;

import java.util.Map;

/**
 * What should be set differently, and the figures that say so.
 *
 * @param target the target or pool
 * @param code stable name
 * @param advice what to do, for people
 * @param evidence figures by name with their unit; finite
 */
public record Advice(String target, String code, String advice, Map<String, Double> evidence) {}
