package io.millrace.topologies.dispatch.logic;

import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.topologies.targets.Target;
import org.jspecify.annotations.Nullable;

/** Outputs that may be served again: kept in the journal, bounded by a {@link CacheIndex}. */
final class OutputCache {
  private final Journal journal;
  private final CacheIndex index;

  /** Takes up what the journal holds. */
  OutputCache(DispatchPolicy policy, Journal journal) {
    this.journal = journal;
    this.index = new CacheIndex(policy.cacheEntriesMax(), policy.cacheBytesMax());
    journal.restoreCache((fingerprint, output, bytes) -> index.put(fingerprint, bytes, this::drop));
  }

  /** Bytes of outputs and keys, a character counted as one. */
  long bytes() {
    return index.bytes();
  }

  /** What is cached and has not expired; else null. */
  @Nullable CachedOutput get(String fingerprint, long now) {
    if (!index.touch(fingerprint)) {
      return null;
    }
    CachedOutput cached = journal.cached(fingerprint);
    if (cached == null || cached.getExpiresAt() <= now) {
      index.remove(fingerprint);
      drop(fingerprint);
      return null;
    }
    return cached;
  }

  /**
   * Caches what a worker gave, if the target allows it.
   *
   * @param target as it is registered now; null if it is no more
   */
  void put(String fingerprint, @Nullable Target target, Answer answer, long now) {
    Long ttl = target == null ? null : target.spec().getCacheTtlMs();
    if (target == null || ttl == null || !target.cacheable()) {
      return;
    }
    CachedOutput cached = new CachedOutput();
    cached.setTarget(target.name());
    cached.setTargetVersion(answer.getTargetVersion());
    cached.setOutput(answer.getOutput());
    cached.setStoredAt(now);
    cached.setExpiresAt(ttl > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + ttl);
    cached.setRunMs(answer.getRunMs());
    String output = cached.getOutput();
    journal.cached(fingerprint, cached);
    index.put(
        fingerprint, fingerprint.length() + (output == null ? 0 : output.length()), this::drop);
  }

  private void drop(String fingerprint) {
    journal.cached(fingerprint, null);
  }
}
