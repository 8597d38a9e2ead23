package io.millrace.platform.cli;

import io.millrace.platform.apply.DurationText;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads durations of options: {@code 250ms}, {@code 2s}, {@code 5m}, {@code 1h}. */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Duration MOST = Duration.ofDays(366);

  @Override
  public Duration convert(String value) {
    Duration duration =
        DurationText.parse(value)
            .filter(given -> !given.isZero())
            .orElseThrow(
                () ->
                    new TypeConversionException(
                        "expected " + DurationText.EXPECTED + ", but '" + value + "' is given"));
    if (duration.compareTo(MOST) > 0) {
      throw new TypeConversionException("expected at most 366d, but '" + value + "' is given");
    }
    return duration;
  }
}
