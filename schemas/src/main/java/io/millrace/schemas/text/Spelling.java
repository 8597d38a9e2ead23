package io.millrace.schemas.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the valid name that a misspelt one probably stands for, by edit distance. */
public final class Spelling {
  private static final int LENGTH_MAX = 64;

  private Spelling() {}

  /**
   * The valid name nearest to the given one, if one is near enough to be meant or begins so.
   *
   * @param given what was written
   * @param valid the names that would have been right
   */
  public static Optional<String> nearest(String given, Collection<String> valid) {
    if (given.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    String wanted = given.toLowerCase(Locale.ROOT).replace('-', '_');
    int limit = Math.max(1, given.length() / 3);
    return valid.stream()
        .filter(
            name ->
                distance(wanted, name.toLowerCase(Locale.ROOT)) <= limit
                    || (wanted.length() > 2 && name.startsWith(wanted)))
        .min(
            Comparator.<String>comparingInt(name -> distance(wanted, name.toLowerCase(Locale.ROOT)))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** {@code "; did you mean 'x'?"}, or the list of valid names where none is near. */
  public static String hint(String given, Collection<String> valid) {
    return nearest(given, valid)
        .map(name -> "; did you mean '" + name + "'?")
        .orElseGet(() -> "; expected one of: " + String.join(", ", valid));
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substituted, Math.min(previous[j], current[j - 1]) + 1);
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
