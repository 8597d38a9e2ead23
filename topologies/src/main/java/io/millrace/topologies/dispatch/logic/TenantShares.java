package io.millrace.topologies.dispatch.logic;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How much of the cache each tenant has, and what of it was used longest ago. */
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
    Share share = shares.computeIfAbsent(entry.tenant(), tenant -> new Share());
    if (share.entries.put(entry.fingerprint(), entry) == null) {
      share.bytes += entry.bytes();
    }
  }

  void remove(CacheEntry entry) {
    Share share = shares.get(entry.tenant());
    if (share != null && share.entries.remove(entry.fingerprint()) != null) {
      share.bytes -= entry.bytes();
      if (share.entries.isEmpty()) {
        shares.remove(entry.tenant());
      }
    }
  }

  /** The entry that a tenant used longest ago, if it has more than it may; else null. */
  @Nullable CacheEntry surplus(String tenant) {
    Share share = shares.get(tenant);
    if (share == null || share.bytes <= bytesMax) {
      return null;
    }
    Iterator<CacheEntry> eldest = share.entries.values().iterator();
    return eldest.hasNext() ? eldest.next() : null;
  }

  private static final class Share {
    private final Map<String, CacheEntry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
  }
}
