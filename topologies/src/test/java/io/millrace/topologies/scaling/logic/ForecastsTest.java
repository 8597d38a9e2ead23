package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ForecastsTest {
  private static final Seasons TEN_MINUTES = Seasons.of(Duration.ofMinutes(10));

  private static double error(Forecasts forecasts, int lead, DoubleUnaryOperator load) {
    int windows = 1_200;
    double[] expected = new double[windows + lead];
    double missed = 0;
    for (int t = 0; t < windows; t++) {
      double rate = load.applyAsDouble(t);
      if (t > windows / 2) {
        missed += Math.abs(rate - expected[t]);
      }
      expected[t + lead] = forecasts.next(t, rate).expected();
    }
    return missed;
  }

  private static Forecasts persistence(int lead) {
    return new Forecasts(lead, List.of(LastValue::new));
  }

  @Test
  void whatComesEveryHourIsForetold() {
    DoubleUnaryOperator onTheHour = t -> 100 + (t % 6 == 3 ? 60 : 0);

    double ours = error(Forecasts.all(TEN_MINUTES, 1), 1, onTheHour);

    assertThat(ours).isLessThan(0.05 * error(persistence(1), 1, onTheHour));
  }

  @Test
  void theTimeOfDayIsForetoldHoursAhead() {
    DoubleUnaryOperator daily = t -> 100 + 60 * Math.sin(2 * Math.PI * t / 144);

    double ours = error(Forecasts.all(TEN_MINUTES, 12), 12, daily);

    assertThat(ours).isLessThan(0.1 * error(persistence(12), 12, daily));
  }

  @Test
  void noiseAroundALevelIsForetoldBetterThanByTheLastValue() {
    SplittableRandom random = new SplittableRandom(3);
    double[] noise = random.doubles(1_200, 50, 150).toArray();
    DoubleUnaryOperator load = t -> noise[(int) t];

    double ours = error(Forecasts.all(TEN_MINUTES, 3), 3, load);

    assertThat(ours).isLessThan(0.85 * error(persistence(3), 3, load));
  }

  @Test
  void forDaysNoForecasterGoesAstray() {
    SplittableRandom random = new SplittableRandom(8);
    Seasons seasons = Seasons.of(Duration.ofSeconds(10));
    for (int lead : new int[] {1, 4}) {
      for (AutoRegression one :
          List.of(AutoRegression.quick(seasons, lead), AutoRegression.daily(seasons, lead))) {
        double said = 20;
        for (int t = 0; t < 26_000; t++) {
          said = one.next(t, random.nextDouble(16, 24));
          assertThat(t < 1_000 ? 20 : said)
              .as("%s, window %d", one.name(), t)
              .isBetween(10.0, 40.0);
        }
      }
    }
  }

  @Test
  void aForecasterThatThrowsOrGivesNoRateIsLeftOutAndSaidAndComesBack() {
    int[] made = new int[1];
    Forecasts forecasts =
        new Forecasts(
            1,
            List.of(
                LastValue::new,
                () -> {
                  boolean ill = made[0]++ == 0;
                  return of(
                      "wild",
                      (window, rate) -> {
                        if (ill && window == 5) {
                          throw new IllegalStateException("lost");
                        }
                        return 2 * rate;
                      });
                },
                () -> of("broken", (window, rate) -> window == 7 ? Double.NaN : rate)));
    for (int t = 0; t < 5; t++) {
      assertThat(forecasts.next(t, 10).expected()).isBetween(10.0, 20.0);
    }
    assertThat(forecasts.faults()).isEmpty();
    assertThat(forecasts.next(5, 10).expected()).isEqualTo(10);
    assertThat(forecasts.faults()).singleElement().asString().contains("wild", "lost");
    forecasts.next(6, 10);
    assertThat(forecasts.next(7, 10).expected()).isEqualTo(10);
    assertThat(forecasts.faults()).singleElement().asString().contains("broken", "NaN");
    for (int t = 8; t < 200; t++) {
      forecasts.next(t, 10);
    }
    assertThat(made[0]).isEqualTo(2);
    assertThat(forecasts.faults()).isEmpty();
  }

  private static Forecaster of(String name, Said said) {
    return new Forecaster() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public double next(long window, double rate) {
        return said.said(window, rate);
      }
    };
  }

  private interface Said {
    double said(long window, double rate);
  }

  @Property(tries = 60)
  void whateverComesTheForecastIsARateAndNoForecasterFails(
      @ForAll @Size(min = 1, max = 500) List<@DoubleRange(max = 1e9) Double> rates,
      @ForAll @IntRange(min = 1, max = 40) int lead,
      @ForAll @IntRange(min = 1, max = 7_200) int seconds) {
    Forecasts forecasts = Forecasts.all(Seasons.of(Duration.ofSeconds(seconds)), lead);
    long window = 0;
    for (double rate : rates) {
      Forecasts.Forecast forecast = forecasts.next(window++, rate);
      assertThat(forecast.expected()).isFinite().isNotNegative();
      assertThat(forecast.highest()).isFinite().isNotNegative();
    }
    assertThat(forecasts.faults()).isEmpty();
  }

  @Test
  void aSilentOrConstantLoadIsForetoldAsItIsForAsLongAsItLasts() {
    for (double rate : new double[] {0, 1e-6, 7}) {
      Forecasts forecasts = Forecasts.all(TEN_MINUTES, 2);
      Forecasts.Forecast last = null;
      for (int t = 0; t < 20_000; t++) {
        last = forecasts.next(t, rate);
      }
      assertThat(last).isNotNull();
      assertThat(last.expected()).isBetween(rate * 0.99 - 1e-9, rate * 1.01 + 1e-9);
    }
  }
}
