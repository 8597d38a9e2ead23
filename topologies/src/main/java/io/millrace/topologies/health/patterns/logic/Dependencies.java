package io.millrace.topologies.health.patterns.logic;

import io.millrace.topologies.memory.logic.Memory;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whom a target's work rests on, by how often it was seen; at most 32 targets, old ones fade. */
final class Dependencies {
  private static final int TARGETS_MAX = 32;
  private static final double TOTAL_MAX = 10_000;
  private static final double SEEN_MIN = 5;
  private static final double SHARE_MIN = 0.05;

  private final Map<String, Double> seen = new HashMap<>();
  private double total;

  /** Adds what a summary saw; counts that are not positive are left out. */
  void add(Map<String, Long> counts) {
    counts.forEach(
        (target, count) -> {
          if (count > 0) {
            double weight = Math.min(count, TOTAL_MAX);
            seen.merge(target, weight, Double::sum);
            total += weight;
          }
        });
    while (seen.size() > TARGETS_MAX) {
      seen.entrySet().stream()
          .min(Map.Entry.comparingByValue())
          .map(Map.Entry::getKey)
          .ifPresent(rarest -> total -= seen.remove(rarest));
    }
    if (total > TOTAL_MAX) {
      seen.replaceAll((target, weight) -> weight / 2);
      total /= 2;
    }
  }

  void remember(Memory memory) {
    total = memory.number(total);
    List<Map.Entry<String, Double>> passed =
        memory.list(
            List.copyOf(seen.entrySet()),
            Integer.BYTES + Double.BYTES,
            Map.entry("", 0.0),
            entry -> Map.entry(memory.text(entry.getKey()), memory.number(entry.getValue())));
    passed.forEach(entry -> seen.put(entry.getKey(), entry.getValue()));
  }

  /** Those seen often enough to count, the most frequent first. */
  List<String> targets() {
    return seen.entrySet().stream()
        .filter(e -> e.getValue() >= SEEN_MIN && e.getValue() >= SHARE_MIN * total)
        .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
        .map(Map.Entry::getKey)
        .toList();
  }
}
