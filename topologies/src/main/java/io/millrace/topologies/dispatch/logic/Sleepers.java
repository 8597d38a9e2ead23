package io.millrace.topologies.dispatch.logic;

import io.millrace.events.TargetKind;
import io.millrace.state.FlightPhase;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.TargetTable;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells health twice a second which targets are waited for in pools that may have no workers until
 * they are asked for, for as long as they are waited for: whoever starts workers may come late.
 */
final class Sleepers {
  private static final long INTERVAL_MILLIS = 500;

  private final TargetTable targets;
  private final Flights flights;
  private final HealthFold health;
  private final TargetKind kind;
  private long toldAt;

  /**
   * @param kind of the targets that are asked
   */
  Sleepers(TargetTable targets, Flights flights, HealthFold health, TargetKind kind) {
    this.targets = targets;
    this.flights = flights;
    this.health = health;
    this.kind = kind;
  }

  void tell(long now) {
    if (!targets.anyMaySleep() || Math.abs(now - toldAt) < INTERVAL_MILLIS) {
      return;
    }
    toldAt = now;
    Set<String> held = new HashSet<>();
    Set<String> waitedFor = new HashSet<>();
    flights.each(
        live -> {
          String target = live.leader().getTarget();
          if (live.flight.getPhase() == FlightPhase.HELD) {
            if (held.add(target)) {
              waitedFor.addAll(targets.asleep(target));
            }
          } else if (untaken(live, now) && targets.maySleep(live.flight.getPool())) {
            waitedFor.add(live.asked);
          }
        });
    waitedFor.forEach(target -> health.waiting(target, kind, now));
  }

  private static boolean untaken(LiveFlight live, long now) {
    return live.flight.getPhase() == FlightPhase.SENT
        && live.heardAt == 0
        && now - live.flight.getSentAt() >= INTERVAL_MILLIS;
  }
}
