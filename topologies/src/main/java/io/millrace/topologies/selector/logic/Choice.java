package io.millrace.topologies.selector.logic;

import java.util.List;
import java.util.Map;

/**
 * Which model answers a request, what runs beside it, and why.
 *
 * @param inputClass of the request; beyond the bound on classes the one that stands for all others
 * @param model that answers
 * @param beside models that run as well, their answers only to be compared; usually none. They and
 *     {@code model} include the reference if there are any
 * @param why stable name: CHEAPEST_PROVEN, NOTHING_PROVEN or REFERENCE_IS_CHEAPEST
 * @param besideWhy stable name: SAMPLE, DOUBT or LEARNING; empty: nothing runs beside
 * @param reason for people
 * @param evidence figures it rests on; finite
 */
public record Choice(
    String inputClass,
    String model,
    List<String> beside,
    String why,
    String besideWhy,
    String reason,
    Map<String, Double> evidence) {

  /** What is kept of many. */
  Choice withoutEvidence() {
    return new Choice(inputClass, model, beside, why, besideWhy, reason, Map.of());
  }
}
