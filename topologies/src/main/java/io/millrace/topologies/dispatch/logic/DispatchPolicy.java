package io.millrace.topologies.dispatch.logic;

import java.time.Duration;

/**
 * Bounds of one dispatch task.
 *
 * @param dedupeWindow how long the answer to an operation id is given again
 * @param clockSkew how far in the future an operation id's time may lie
 * @param unknownTargetWait how long a call for an unknown target waits for it
 * @param silence how long a running task may be silent before it is lost
 * @param restoreGrace how much longer it may be silent after this dispatch task itself was away
 * @param waitersMax most operations that join one flight
 * @param flightsMax most flights
 * @param flightBytesMax most bytes of arguments in flight, a character counted as one
 * @param cache bounds of the cache
 * @param retryRatio retries earned by one first attempt
 * @param retriesPerSecond retries earned by a second
 * @param retriesSaved most retries that can be saved up
 */
public record DispatchPolicy(
    Duration dedupeWindow,
    Duration clockSkew,
    Duration unknownTargetWait,
    Duration silence,
    Duration restoreGrace,
    int waitersMax,
    int flightsMax,
    long flightBytesMax,
    CachePolicy cache,
    double retryRatio,
    double retriesPerSecond,
    double retriesSaved) {

  /** The bounds that hold unless configured otherwise. */
  public static DispatchPolicy defaults() {
    return new DispatchPolicy(
        Duration.ofMinutes(15),
        Duration.ofMinutes(5),
        Duration.ofSeconds(1),
        Duration.ofSeconds(3),
        Duration.ofSeconds(7),
        1_000,
        100_000,
        64L << 20,
        CachePolicy.defaults(),
        0.2,
        10,
        100);
  }
}
