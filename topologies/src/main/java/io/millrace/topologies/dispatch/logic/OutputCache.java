package io.millrace.topologies.dispatch.logic;

import io.millrace.events.InferenceRun;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.topologies.cache.logic.AdaptiveReplacement;
import io.millrace.topologies.guard.logic.Tensors;
import io.millrace.topologies.targets.Target;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answers that may be served again, in tiers behind one interface: ready on the heap; in the
 * journal's store, of which the heap has only an index; and in the log, from which new instances
 * and other regions take them up.
 *
 * <p>What stays in either tier is decided by {@link AdaptiveReplacement}, by the time it took to
 * make and the bytes it takes; beyond its quota a tenant displaces its own entries first. An answer
 * is served until it expires, and kept as long as it may stand in for one that cannot be had.
 *
 * <p>An answer that is hardly worth writing ({@link Reuse}) is on the heap alone until it is asked
 * for again, and gone if there is no room for it before that.
 */
final class OutputCache {
  /** Larger outputs of models are not cached: they would crowd out all else. */
  private static final long TENSOR_BYTES_MAX = 1 << 20;

  /** As long as conversations are followed; writes are remembered for longer than that. */
  private static final long AHEAD_MILLIS_MAX = 600_000;

  /** What was stored further in the future than this was stored by a clock that was wrong. */
  private static final long FUTURE_MILLIS_MAX = 300_000;

  private final CachePolicy policy;
  private final Journal journal;
  private final Outbox out;
  private final Invalidations invalidations;
  private final AdaptiveReplacement stored;
  private final HeapTier heap;
  private final TenantShares tenants;
  private final Reuse reuse = new Reuse();
  private final Map<Long, CacheEntry> entries = new HashMap<>();
  private final Set<Long> unwritten = new HashSet<>();
  private long bytes;

  /** Takes up what the journal holds, the oldest first. */
  OutputCache(CachePolicy policy, Journal journal, Outbox out, Invalidations invalidations) {
    this.policy = policy;
    this.journal = journal;
    this.out = out;
    this.invalidations = invalidations;
    this.stored = new AdaptiveReplacement(policy.bytesMax());
    this.heap = new HeapTier(policy.heapBytesMax(), this::lost);
    // A quota of all the room is none: what goes is the policy's to say then.
    this.tenants =
        new TenantShares(
            policy.tenantBytesMax() < policy.bytesMax() ? policy.tenantBytesMax() : Long.MAX_VALUE);
    List<CacheEntry> found = new ArrayList<>();
    journal.restoreCache((fingerprint, cached) -> found.add(CacheEntry.of(fingerprint, cached, 0)));
    found.sort(Comparator.comparingLong(CacheEntry::storedAt));
    for (CacheEntry entry : found) {
      if (!admit(entry)) {
        journal.cached(entry.fingerprint(), null);
      }
    }
  }

  /** Bytes kept, with keys. */
  long bytes() {
    return bytes;
  }

  /**
   * What is cached, has not expired and is still true; else null.
   *
   * @param target that is asked
   * @param conversation that asks; empty: none
   */
  @Nullable CachedOutput get(String fingerprint, String target, String conversation, long now) {
    CacheEntry entry = find(fingerprint, conversation, now);
    CachedOutput cached = entry == null || entry.expiresAt() <= now ? null : read(entry);
    reuse.looked(target, CacheEntry.key(fingerprint), cached != null);
    return cached;
  }

  /**
   * What may stand in for an answer that cannot be had: cached, maybe expired, but no longer ago
   * than the target allows; else null. Failures never stand in.
   */
  @Nullable CachedOutput stale(String fingerprint, String conversation, long now) {
    CacheEntry entry = find(fingerprint, conversation, now);
    CachedOutput cached = entry == null ? null : read(entry);
    return cached == null || cached.getFailure() != null ? null : cached;
  }

  private @Nullable CacheEntry find(String fingerprint, String conversation, long now) {
    CacheEntry entry = entries.get(CacheEntry.key(fingerprint));
    if (entry == null || !entry.fingerprint().equals(fingerprint)) {
      return null;
    }
    if (invalidations.strike(entry.origin())) {
      remove(entry);
      out.cached(fingerprint, null);
      return null;
    }
    // Stored by a clock that was ahead: how old it is cannot be told.
    if (entry.staleUntil() <= now || entry.storedAt() > later(now, FUTURE_MILLIS_MAX)) {
      remove(entry);
      return null;
    }
    return invalidations.strike(entry.origin(), conversation) ? null : entry;
  }

  private @Nullable CachedOutput read(CacheEntry entry) {
    long key = CacheEntry.key(entry.fingerprint());
    CachedOutput cached = heap.get(key, entry.fingerprint());
    if (cached == null) {
      CachedOutput packed = journal.cached(entry.fingerprint());
      cached = packed == null ? null : CachedOutputs.unpack(packed);
      if (cached == null) {
        remove(entry);
        return null;
      }
      heap.put(key, entry.fingerprint(), cached);
    }
    if (unwritten.remove(key)) {
      write(entry.fingerprint(), CachedOutputs.pack(cached, policy.compressBytesMin()));
    }
    tenants.use(entry);
    stored.access(key, policy.weight(entry.bytes()), entry.cost(), this::evicted);
    return cached;
  }

  /**
   * Caches what a worker gave, if the target allows it and nothing that was said meanwhile made it
   * untrue: an output, or the failure of the target itself where that may be served again.
   *
   * @param origin of the answer
   * @param target as it is registered now; null if it is no more
   */
  void put(Origin origin, @Nullable Target target, Answer answer, long now) {
    if (target == null || !target.cacheable() || invalidations.strike(origin)) {
      return;
    }
    String fingerprint = origin.fingerprint();
    CacheEntry known = entries.get(CacheEntry.key(fingerprint));
    if (known != null && known.begunAt() > origin.begunAt()) {
      return;
    }
    TargetSpec spec = target.spec();
    boolean ok = answer.getOutcome() == Outcome.OK;
    Long ttl = ok ? spec.getCacheTtlMs() : spec.getNegativeTtlMs();
    if (tooLarge(answer.getInference())) {
      return;
    }
    if (ttl == null || (!ok && !worthRemembering(fingerprint, answer, now))) {
      return;
    }
    CachedOutput cached = new CachedOutput();
    cached.setTenant(origin.tenant());
    cached.setTarget(origin.target());
    cached.setTargetVersion(origin.targetVersion());
    cached.setOutput(answer.getOutput());
    InferenceRun run = answer.getInference();
    cached.setOutputs(run == null ? null : run.getOutputs());
    cached.setFailure(ok ? null : answer.getFailure());
    cached.setStoredAt(now);
    cached.setBegunAt(origin.begunAt());
    cached.setAheadFor(origin.aheadFor());
    cached.setExpiresAt(later(now, origin.madeAhead() ? Math.min(ttl, AHEAD_MILLIS_MAX) : ttl));
    Long stale = ok && !origin.madeAhead() ? spec.getStaleIfErrorMs() : null;
    cached.setStaleUntil(stale == null ? 0 : later(cached.getExpiresAt(), stale));
    cached.setRunMs(answer.getRunMs());
    CachedOutput packed = CachedOutputs.pack(cached, policy.compressBytesMin());
    CacheEntry entry = CacheEntry.of(fingerprint, packed, origin.heard());
    if (known == null && stale == null && !worthWriting(entry)) {
      hold(entry, cached);
    } else if (keep(entry, packed)) {
      out.cached(fingerprint, packed);
    }
  }

  private boolean worthWriting(CacheEntry entry) {
    return reuse.worthWriting(
        entry.origin().target(), CacheEntry.key(entry.fingerprint()), entry.bytes(), entry.cost());
  }

  /** Keeps it on the heap alone. */
  private void hold(CacheEntry entry, CachedOutput served) {
    if (admit(entry)) {
      long key = CacheEntry.key(entry.fingerprint());
      unwritten.add(key);
      if (!heap.put(key, entry.fingerprint(), served)) {
        lost(key);
      }
    }
  }

  /** The heap has no room for it any more. */
  private void lost(long key) {
    CacheEntry entry = unwritten.contains(key) ? entries.get(key) : null;
    if (entry != null) {
      remove(entry);
    }
  }

  private void write(String fingerprint, CachedOutput packed) {
    journal.cached(fingerprint, packed);
    out.cached(fingerprint, packed);
  }

  /**
   * Takes up what another instance or region cached, unless it is older than what is known here.
   *
   * @param packed as it is stored; null says that what was begun before {@code at} is not true
   * @param at when that was said, milliseconds since the epoch
   */
  void takeUp(String fingerprint, @Nullable CachedOutput packed, long at, long now) {
    CacheEntry known = entries.get(CacheEntry.key(fingerprint));
    if (packed == null) {
      if (known != null && known.fingerprint().equals(fingerprint) && known.begunAt() < at) {
        remove(known);
      }
      return;
    }
    CacheEntry entry = CacheEntry.of(fingerprint, packed, 0);
    boolean newer = known == null || known.begunAt() < entry.begunAt();
    if (newer && entry.staleUntil() > now && !invalidations.strike(entry.origin())) {
      keep(entry, packed);
    }
  }

  private static boolean tooLarge(@Nullable InferenceRun run) {
    return run != null && Tensors.bytes(run.getOutputs()) > TENSOR_BYTES_MAX;
  }

  /** Only what the target said, and never in the place of an output that may still stand in. */
  private boolean worthRemembering(String fingerprint, Answer answer, long now) {
    return answer.getOutcome() == Outcome.TOOL_ERROR
        && answer.getFailure() != null
        && stale(fingerprint, "", now) == null;
  }

  /** Stores it in the place of what was there; false if it does not fit. */
  private boolean keep(CacheEntry entry, CachedOutput packed) {
    String fingerprint = entry.fingerprint();
    CacheEntry before = entries.get(CacheEntry.key(fingerprint));
    if (before != null) {
      forget(before);
    }
    boolean kept = admit(entry);
    if (kept) {
      journal.cached(fingerprint, packed);
    }
    if (before != null && !entry.equals(entries.get(CacheEntry.key(fingerprint)))) {
      journal.cached(before.fingerprint(), null);
    }
    return kept;
  }

  private boolean admit(CacheEntry entry) {
    long key = CacheEntry.key(entry.fingerprint());
    entries.put(key, entry);
    bytes += entry.bytes();
    tenants.use(entry);
    for (CacheEntry surplus = tenants.surplus(entry.tenant());
        surplus != null;
        surplus = tenants.surplus(entry.tenant())) {
      if (surplus.equals(entry)) {
        forget(entry);
        stored.remove(key);
        return false;
      }
      remove(surplus);
    }
    stored.access(
        key,
        policy.weight(entry.bytes()),
        entry.cost(),
        gone -> {
          if (gone == key) {
            forget(entry);
          } else {
            evicted(gone);
          }
        });
    if (!stored.holds(key)) {
      forget(entry);
    }
    return stored.holds(key);
  }

  private void remove(CacheEntry entry) {
    stored.remove(CacheEntry.key(entry.fingerprint()));
    drop(entry);
  }

  private void evicted(long key) {
    CacheEntry entry = entries.get(key);
    if (entry != null) {
      drop(entry);
    }
  }

  private void drop(CacheEntry entry) {
    boolean written = !unwritten.contains(CacheEntry.key(entry.fingerprint()));
    forget(entry);
    if (written) {
      journal.cached(entry.fingerprint(), null);
    }
  }

  private void forget(CacheEntry entry) {
    long key = CacheEntry.key(entry.fingerprint());
    if (entries.remove(key, entry)) {
      bytes -= entry.bytes();
      tenants.remove(entry);
      unwritten.remove(key);
      heap.remove(key);
    }
  }

  private static long later(long time, long millis) {
    return millis > Long.MAX_VALUE - time ? Long.MAX_VALUE : time + millis;
  }
}
