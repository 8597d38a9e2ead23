package io.millrace.platform.apply;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads and writes durations as users write them: {@code 250ms}, {@code 2s}, {@code 5m}, {@code
 * 1h}.
 */
public final class DurationText {
  /** What to write, for error messages. */
  public static final String EXPECTED = "a duration such as 250ms, 2s, 5m or 1h";

  private static final Pattern FORM =
      Pattern.compile("([0-9]{1,12})(?:\\.([0-9]{1,3}))?(ms|s|m|h|d)");

  private DurationText() {}

  /**
   * The duration that the text says.
   *
   * @param text a number, with up to three decimals, and one of ms, s, m, h, d
   * @return empty when the text is not of that form
   */
  public static Optional<Duration> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long unitMs = unitMs(matcher.group(3));
    Duration whole = Duration.ofMillis(unitMs).multipliedBy(Long.parseLong(matcher.group(1)));
    String decimals = matcher.group(2);
    if (decimals == null) {
      return Optional.of(whole);
    }
    long thousandths = Long.parseLong((decimals + "00").substring(0, 3));
    return Optional.of(whole.plusMillis(unitMs * thousandths / 1000));
  }

  /** The shortest exact text, in whole units. */
  public static String format(Duration duration) {
    long millis = duration.toMillis();
    for (String unit : new String[] {"d", "h", "m", "s"}) {
      if (millis != 0 && millis % unitMs(unit) == 0) {
        return millis / unitMs(unit) + unit;
      }
    }
    return millis + "ms";
  }

  private static long unitMs(String unit) {
    return switch (unit) {
      case "ms" -> 1;
      case "s" -> 1_000;
      case "m" -> 60_000;
      case "h" -> 3_600_000;
      default -> 86_400_000;
    };
  }
}
