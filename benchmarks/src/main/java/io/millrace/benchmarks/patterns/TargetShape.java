package io.millrace.benchmarks.patterns;

/**
 * What a simulated target is like in health.
 *
 * @param ratePerSecond mean arrivals of its own, per second
 * @param serviceSeconds median service time
 * @param spread standard deviation of the logarithm of the service time
 * @param servers attempts it works on at a time; the others queue
 * @param queueInside whether the queue is in the target, so that waiting counts as run time
 * @param timeoutSeconds longest run of an attempt
 * @param attemptsMax attempts at an operation
 * @param inFlightMax operations in flight from which on others are refused
 * @param failing share of attempts that fail in health
 * @param opensAt share of failures at which its circuit opens; over 1: never
 */
record TargetShape(
    double ratePerSecond,
    double serviceSeconds,
    double spread,
    int servers,
    boolean queueInside,
    double timeoutSeconds,
    int attemptsMax,
    int inFlightMax,
    double failing,
    double opensAt) {

  /** The same with another timeout. */
  TargetShape withTimeout(double seconds) {
    return new TargetShape(
        ratePerSecond,
        serviceSeconds,
        spread,
        servers,
        queueInside,
        seconds,
        attemptsMax,
        inFlightMax,
        failing,
        opensAt);
  }
}
