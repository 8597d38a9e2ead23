package io.millrace.topologies.targets;

import java.util.Collection;
import java.util.Comparator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Picks the version of a model that serves those who ask for none: the newest that is ready, or,
 * while none is, the newest.
 *
 * <p>Versions that are numbers are compared as numbers and are newer than those that are none.
 */
final class ModelVersions {
  static final char SEPARATOR = '@';

  private static final int DIGITS_MAX = 18;
  private static final Comparator<String> AGE =
      Comparator.comparingLong(ModelVersions::number).thenComparing(Comparator.naturalOrder());

  private ModelVersions() {}

  /**
   * The version that serves.
   *
   * @param model such as {@code model:sentiment}
   * @param registered such as {@code model:sentiment@3}, among others
   * @return one of {@code registered}; null if there is none of this model
   */
  static @Nullable String served(
      String model, Collection<String> registered, Predicate<String> ready) {
    String prefix = model + SEPARATOR;
    Comparator<String> byAge = Comparator.comparing(key -> key.substring(prefix.length()), AGE);
    return registered.stream()
        .filter(key -> key.startsWith(prefix))
        .max(Comparator.comparing((String key) -> ready.test(key)).thenComparing(byAge))
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
