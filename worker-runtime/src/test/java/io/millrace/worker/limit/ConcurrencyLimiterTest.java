package io.millrace.worker.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** A limiter in front of a simulated server. */
class ConcurrencyLimiterTest {
  private static final long MILLI = 1_000_000L;

  private final ConcurrencyLimiter limiter = new ConcurrencyLimiter(20);
  private final Random random = new Random(4);
  private long now;

  /** All slots of the limit are in use all the time; the server runs so many at full speed. */
  private void load(int servers, double serviceMillis, int seconds) {
    long end = now + seconds * 1_000L * MILLI;
    while (now < end) {
      int running = limiter.limit();
      double millis = serviceMillis * Math.max(1, (double) running / servers);
      now += (long) (millis / running * MILLI);
      limiter.ended("tool:a", millis * (0.5 + random.nextDouble()), false, running, 1, 1_000, now);
    }
  }

  @Test
  void itFindsTheRoomOfItsServerAndFollowsIt() {
    load(50, 20, 30);
    assertThat(limiter.limit()).as("at full speed and not far beyond").isBetween(50, 150);
    load(10, 20, 30);
    assertThat(limiter.limit()).as("after the server shrank").isBetween(8, 50);
    load(100, 20, 30);
    assertThat(limiter.limit()).as("after it grew").isBetween(100, 300);
  }

  @Test
  void timeoutsShrinkIt() {
    for (int i = 0; i < 2_000; i++) {
      now += 10 * MILLI;
      limiter.ended("tool:a", 100, i >= 1_000, 20, 2, 1_000, now);
    }
    assertThat(limiter.limit()).isLessThanOrEqualTo(4);
  }

  @Test
  void itDoesNotGrowWhileItIsNotUsed() {
    for (int i = 0; i < 10_000; i++) {
      now += 10 * MILLI;
      limiter.ended("tool:a", 100, false, 3, 1, 1_000, now);
    }
    assertThat(limiter.limit()).isEqualTo(20);
  }

  @Test
  void aSlowToolBesideAFastOneIsNoOverload() {
    for (int i = 0; i < 20_000; i++) {
      now += 5 * MILLI;
      boolean slow = i > 10_000 && i % 2 == 0;
      limiter.ended(slow ? "tool:slow" : "tool:fast", slow ? 2_000 : 10, false, 20, 1, 40, now);
    }
    assertThat(limiter.limit()).isGreaterThanOrEqualTo(36);
  }

  @Property
  void whateverItIsToldItStaysWithinItsBounds(
      @ForAll List<Double> millis, @ForAll @IntRange(min = 1, max = 50) int min) {
    ConcurrencyLimiter any = new ConcurrencyLimiter(min);
    long at = 0;
    for (double one : millis) {
      for (int i = 0; i < 12; i++) {
        at += 20 * MILLI;
        assertThat(any.ended("t", one, i % 5 == 0, i, min, min + 100, at))
            .isBetween(min, min + 100);
      }
    }
  }
}
