package io.millrace.topologies.ledger.logic;

import io.millrace.events.Outcome;
import io.millrace.events.Usage;
import io.millrace.events.UsageWindow;
import io.millrace.schemas.identity.Ids;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sums of what was used, by hour and by day of UTC. */
public final class Windows {
  /** The lengths of windows. */
  public static final List<Duration> LENGTHS = List.of(Duration.ofHours(1), Duration.ofDays(1));

  private Windows() {}

  /** When the window of that length that holds a time begins, milliseconds since the epoch. */
  public static long start(Duration length, Instant at) {
    return Math.floorDiv(at.toEpochMilli(), length.toMillis()) * length.toMillis();
  }

  /** Names a window of a tenant and target within its time. */
  public static String name(Duration length, Usage usage) {
    return name(length.toHours(), usage.getTenant(), usage.getTarget());
  }

  private static String name(long hours, String tenant, String target) {
    return hours + "h/" + segment(tenant) + '/' + target;
  }

  /** Names a window among all. */
  public static String key(UsageWindow window) {
    long hours = Duration.ofMillis(window.getWindowMs()).toHours();
    return window.getWindowStartAt()
        + "/"
        + name(hours, window.getTenant(), window.getTarget())
        + '/'
        + window.getPart();
  }

  /** Whoever reports may name any tenant: one with a slash must not look like another's target. */
  private static String segment(String tenant) {
    return tenant.indexOf('/') < 0 && tenant.indexOf('%') < 0
        ? tenant
        : tenant.replace("%", "%25").replace("/", "%2F");
  }

  /**
   * Adds what an operation used.
   *
   * @param before what was used before; null: nothing
   * @param part that counts
   * @return the new sum
   */
  public static UsageWindow add(
      @Nullable UsageWindow before, Duration length, int part, Usage usage) {
    UsageWindow sum = before == null ? empty(length, part, usage) : before;
    sum.setOccurredAt(usage.getOccurredAt());
    sum.setOperations(sum.getOperations() + 1);
    sum.setOk(sum.getOk() + (usage.getOutcome() == Outcome.OK ? 1 : 0));
    sum.setSpared(sum.getSpared() + (Accounting.spared(usage.getServedBy()) ? 1 : 0));
    sum.setAttempts(sum.getAttempts() + usage.getAttempts());
    sum.setBytesIn(sum.getBytesIn() + usage.getBytesIn());
    sum.setBytesOut(sum.getBytesOut() + usage.getBytesOut());
    sum.setComputeMs(sum.getComputeMs() + usage.getComputeMs());
    sum.setLatencyMs(sum.getLatencyMs() + usage.getLatencyMs());
    sum.setQueueMs(sum.getQueueMs() + usage.getQueueMs());
    sum.setBatched(sum.getBatched() + (usage.getBatchSize() > 0 ? 1 : 0));
    sum.setBatchRows(sum.getBatchRows() + usage.getBatchSize());
    sum.setCostMicros(sum.getCostMicros() + usage.getCostMicros());
    return sum;
  }

  private static UsageWindow empty(Duration length, int part, Usage usage) {
    UsageWindow window = new UsageWindow();
    window.setTenant(usage.getTenant());
    window.setCorrelationId("");
    window.setTarget(usage.getTarget());
    window.setKind(usage.getKind());
    window.setWindowStartAt(Instant.ofEpochMilli(start(length, usage.getOccurredAt())));
    window.setWindowMs(length.toMillis());
    window.setPart(part);
    window.setId(Ids.derived("usage", key(window)));
    return window;
  }
}
