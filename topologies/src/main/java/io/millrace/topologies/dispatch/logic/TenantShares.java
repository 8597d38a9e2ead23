package io.millrace.topologies.dispatch.logic;

import io.millrace.topologies.cache.logic.AdaptiveReplacement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much of the cache each tenant has, and what of it goes when that is more than it may.
 *
 * <p>A tenant that has reached its quota is served as if that were a cache of its own, by the same
 * adaptive policy; that begins with the order in which its entries were used. As many tenants can
 * be at their quota as quotas fit into the cache, so that these policies together remember no more
 * than the one of the whole cache.
 */
final class TenantShares {
  private final long bytesMax;
  private final Map<String, Share> shares = new HashMap<>();

  /**
   * @param bytesMax most bytes of one tenant
   */
  TenantShares(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** Counts an entry, or its use. */
  void use(CacheEntry entry) {
    shares.computeIfAbsent(entry.tenant(), tenant -> new Share(bytesMax)).use(entry);
  }

  void remove(CacheEntry entry) {
    Share share = shares.get(entry.tenant());
    if (share != null) {
      share.remove(entry);
      if (share.entries.isEmpty()) {
        shares.remove(entry.tenant());
      }
    }
  }

  /** The entry that a tenant is to give up, if it has more than it may; else null. */
  @Nullable CacheEntry surplus(String tenant) {
    Share share = shares.get(tenant);
    return share == null || share.bytes <= bytesMax ? null : share.surplus();
  }

  private static final class Share {
    private final long bytesMax;
    private final Map<Long, CacheEntry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final Deque<Long> doomed = new ArrayDeque<>();
    private @Nullable AdaptiveReplacement policy;
    private long bytes;

    Share(long bytesMax) {
      this.bytesMax = bytesMax;
    }

    void use(CacheEntry entry) {
      long key = CacheEntry.key(entry.fingerprint());
      CacheEntry before = entries.put(key, entry);
      bytes += entry.bytes() - (before == null ? 0 : before.bytes());
      if (policy != null) {
        access(policy, entry);
      } else if (bytes > bytesMax) {
        AdaptiveReplacement own = new AdaptiveReplacement(bytesMax);
        policy = own;
        List.copyOf(entries.values()).forEach(each -> access(own, each));
      }
    }

    private void access(AdaptiveReplacement own, CacheEntry entry) {
      own.access(
          CacheEntry.key(entry.fingerprint()),
          Math.max(1, entry.bytes()),
          entry.cost(),
          doomed::addLast);
    }

    void remove(CacheEntry entry) {
      long key = CacheEntry.key(entry.fingerprint());
      CacheEntry removed = entries.remove(key);
      if (removed == null) {
        return;
      }
      bytes -= removed.bytes();
      if (policy != null) {
        policy.remove(key);
      }
      if (bytes < bytesMax / 2) {
        policy = null;
        doomed.clear();
      }
    }

    /** What its policy let go and it still has; what is heavier than its quota it never took. */
    @Nullable CacheEntry surplus() {
      while (!doomed.isEmpty()) {
        Long key = doomed.removeFirst();
        CacheEntry entry = entries.get(key);
        if (entry != null && (policy == null || !policy.holds(key))) {
          return entry;
        }
      }
      for (CacheEntry entry : entries.values()) {
        if (policy == null || !policy.holds(CacheEntry.key(entry.fingerprint()))) {
          return entry;
        }
      }
      return entries.isEmpty() ? null : entries.values().iterator().next();
    }
  }
}
