package io.millrace.topologies.dispatch;

import io.millrace.events.ToolCached;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.CachedOutput;
import java.time.Instant;

/** Cached answers as records of {@code tool.cached}, and back. */
final class SharedOutputs {
  private SharedOutputs() {}

  /**
   * The record of an answer.
   *
   * @param storedBy name of the dispatch task
   */
  static ToolCached event(String fingerprint, CachedOutput cached, String storedBy) {
    ToolCached event = new ToolCached();
    event.setId(Ids.derived(fingerprint, "cached", Long.toString(cached.getStoredAt())));
    event.setTenant(cached.getTenant());
    event.setCorrelationId("");
    event.setOccurredAt(Instant.ofEpochMilli(cached.getStoredAt()));
    event.setTarget(cached.getTarget());
    event.setTargetVersion(cached.getTargetVersion());
    event.setOutput(cached.getOutput());
    event.setCompressed(cached.getCompressed());
    event.setOutputs(cached.getOutputs());
    event.setFailure(cached.getFailure());
    event.setExpiresAt(Instant.ofEpochMilli(cached.getExpiresAt()));
    event.setEndsAt(Instant.ofEpochMilli(cached.getStaleUntil()));
    event.setRunMs(cached.getRunMs());
    event.setBegunAt(Instant.ofEpochMilli(cached.getBegunAt()));
    event.setAheadFor(cached.getAheadFor());
    event.setStoredBy(storedBy);
    return event;
  }

  /** The answer of a record. */
  static CachedOutput cached(ToolCached event) {
    CachedOutput cached = new CachedOutput();
    cached.setTenant(event.getTenant());
    cached.setTarget(event.getTarget());
    cached.setTargetVersion(event.getTargetVersion());
    cached.setOutput(event.getOutput());
    cached.setCompressed(event.getCompressed());
    cached.setOutputs(event.getOutputs());
    cached.setFailure(event.getFailure());
    cached.setStoredAt(event.getOccurredAt().toEpochMilli());
    cached.setExpiresAt(event.getExpiresAt().toEpochMilli());
    cached.setStaleUntil(event.getEndsAt().toEpochMilli());
    cached.setRunMs(event.getRunMs());
    cached.setBegunAt(event.getBegunAt().toEpochMilli());
    cached.setAheadFor(event.getAheadFor());
    return cached;
  }
}
