package io.millrace.topologies.dispatch.logic;

import io.millrace.events.CircuitState;
import io.millrace.events.HealthStatus;
import io.millrace.topologies.targets.TargetTable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets flights through closed circuits, and one probe of each epoch through a half-open one; health
 * alone moves the circuits.
 */
final class Circuits {
  private final TargetTable targets;
  private final Map<String, Long> probed = new HashMap<>();

  Circuits(TargetTable targets) {
    this.targets = targets;
  }

  /** Notes a flight of an earlier run, which may be a probe. */
  void restored(LiveFlight live) {
    probed.merge(live.leader().getTarget(), live.flight.getProbeEpoch(), Math::max);
  }

  /** Null if the circuit lets the flight through, perhaps as a probe; else why not. */
  @Nullable String admit(LiveFlight live, String target) {
    HealthStatus status = targets.health(target);
    live.flight.setProbeEpoch(0L);
    CircuitState circuit = status == null ? CircuitState.CLOSED : status.getCircuit();
    if (status == null || (circuit != CircuitState.OPEN && circuit != CircuitState.HALF_OPEN)) {
      return null;
    }
    if (circuit == CircuitState.HALF_OPEN
        && probed.getOrDefault(target, 0L) < status.getProbeEpoch()) {
      probed.put(target, status.getProbeEpoch());
      live.flight.setProbeEpoch(status.getProbeEpoch());
      return null;
    }
    return "the circuit of %s is %s: %s".formatted(target, circuit, status.getReason());
  }
}
