package io.millrace.topologies.dispatch.logic;

import io.millrace.events.TargetKind;
import io.millrace.state.FlightPhase;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.TargetTable;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells health twice a second which targets are waited for, or run, in pools that may have no
 * workers until they are asked for, for as long as that lasts: whoever starts workers may come
 * late.
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
    Set<String> asked = new HashSet<>();
    flights.each(
        live -> {
          if (live.flight.getPhase() == FlightPhase.HELD) {
            asked.add(live.leader().getTarget());
          } else if (live.flight.getPhase() == FlightPhase.SENT
              && now - live.flight.getSentAt() >= INTERVAL_MILLIS) {
            asked.add(live.asked);
          }
        });
    asked.stream()
        .flatMap(target -> targets.sleepers(target).stream())
        .distinct()
        .forEach(target -> health.waiting(target, kind, now));
  }
}
