package io.millrace.topologies.health.logic;

import io.millrace.events.TargetSpec;
import org.jspecify.annotations.Nullable;

/**
 * When a target counts as ill and its circuit moves.
 *
 * @param failureRateOpen share of failed attempts in the window at which the circuit opens
 * @param volumeOpen fewest attempts in the window for that
 * @param openMillis how long an open circuit waits before it lets probes through
 * @param degradedRate share of failed attempts from which a target is DEGRADED
 */
public record HealthPolicy(
    double failureRateOpen, long volumeOpen, long openMillis, double degradedRate) {
  /** For targets that nobody registered. */
  public static final HealthPolicy DEFAULT = new HealthPolicy(0.5, 10, 2_000, 0.1);

  /** The policy of a registered target; the default one for null. */
  public static HealthPolicy of(@Nullable TargetSpec spec) {
    return spec == null
        ? DEFAULT
        : new HealthPolicy(
            spec.getFailureRateOpen(),
            Math.max(1, spec.getFailureVolumeOpen()),
            Math.max(1, spec.getOpenMs()),
            Math.min(DEFAULT.degradedRate, spec.getFailureRateOpen()));
  }
}
