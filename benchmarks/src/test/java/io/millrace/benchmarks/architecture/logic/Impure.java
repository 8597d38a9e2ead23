package io.millrace.benchmarks.architecture.logic;

import java.time.Clock;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.TopicPartition;

/** Does everything that logic must not; never run. */
public final class Impure {

  private Impure() {}

  /** Everything at once. */
  @SuppressWarnings({"JavaTimeDefaultTimeZone", "TimeZoneUsage"})
  public static String everything() {
    return Thread.currentThread().getName()
        + new TopicPartition("topic", new Random().nextInt())
        + " "
        + ThreadLocalRandom.current().nextInt()
        + Math.random()
        + System.currentTimeMillis()
        + System.nanoTime()
        + Instant.now()
        + Clock.systemUTC()
        + Clock.systemDefaultZone();
  }
}
