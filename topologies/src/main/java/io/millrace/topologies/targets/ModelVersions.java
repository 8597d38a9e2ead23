package io.millrace.topologies.targets;

import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Knows the registered versions of each model, and picks the one that serves those who ask for
 * none: of those that can serve soonest the newest.
 *
 * <p>Versions that are numbers are compared as numbers and are newer than those that are none.
 */
final class ModelVersions {
  static final char SEPARATOR = '@';

  private static final int DIGITS_MAX = 18;
  private static final Comparator<String> AGE =
      Comparator.comparingLong(ModelVersions::number).thenComparing(Comparator.naturalOrder());

  private final Map<String, Set<String>> byModel = new ConcurrentHashMap<>();

  /** Notes that a target is registered; one without a version is no model's. */
  void add(String target) {
    int separator = target.indexOf(SEPARATOR);
    if (separator >= 0) {
      byModel
          .computeIfAbsent(target.substring(0, separator), m -> ConcurrentHashMap.newKeySet())
          .add(target);
    }
  }

  /** Notes that a target is registered no more. */
  void remove(String target) {
    int separator = target.indexOf(SEPARATOR);
    if (separator >= 0) {
      byModel.computeIfPresent(
          target.substring(0, separator),
          (model, versions) -> versions.remove(target) && versions.isEmpty() ? null : versions);
    }
  }

  /**
   * The version that serves.
   *
   * @param model such as {@code model:sentiment}
   * @param rank of a version: the higher, the sooner it can serve
   * @return such as {@code model:sentiment@3}; null if none of this model is registered
   */
  @Nullable String served(String model, ToIntFunction<String> rank) {
    Comparator<String> byAge = Comparator.comparing(key -> key.substring(model.length() + 1), AGE);
    return byModel.getOrDefault(model, Set.of()).stream()
        .max(Comparator.comparingInt(rank).thenComparing(byAge))
        .orElse(null);
  }

  private static long number(String version) {
    boolean number =
        !version.isEmpty()
            && version.length() <= DIGITS_MAX
            && version.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? Long.parseLong(version) : -1;
  }
}
