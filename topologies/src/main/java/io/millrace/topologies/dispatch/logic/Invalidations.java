package io.millrace.topologies.dispatch.logic;

import io.millrace.events.CacheInvalidation;
import io.millrace.events.InvalidationScope;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is cached and no longer true, as this instance knows it: asked at each look-up of the cache,
 * so that an invalidation costs nothing however much it strikes.
 *
 * <p>Bounded in number. Beyond that it is forgotten what was said, and all that was stored until
 * then counts as no longer true: a cache may forget, but it may not bring back.
 *
 * <p>Fed by the global table, read by every stream thread.
 */
public final class Invalidations {
  private static final int MOST = 10_000;
  private static final String EVERY_TENANT = "*";

  private final Map<Named, Long> named = new ConcurrentHashMap<>();
  private final Map<Named, Long> prefixes = new ConcurrentHashMap<>();
  private volatile long floor = Long.MIN_VALUE;

  private record Named(String tenant, String name, String version) {}

  /**
   * Takes a record; one of an unknown scope strikes nothing.
   *
   * @param atMillis what was stored until then goes, milliseconds since the epoch
   */
  public void put(CacheInvalidation invalidation, long atMillis) {
    String tenant = invalidation.getEveryTenant() ? EVERY_TENANT : invalidation.getTenant();
    String name = invalidation.getName();
    InvalidationScope scope = invalidation.getScope();
    if (scope == InvalidationScope.KEY) {
      named.merge(new Named(tenant, name, ""), atMillis, Math::max);
    } else if (scope == InvalidationScope.VERSION) {
      named.merge(new Named(tenant, name, invalidation.getTargetVersion()), atMillis, Math::max);
    } else if (scope == InvalidationScope.PREFIX) {
      prefixes.merge(new Named(tenant, name, ""), atMillis, Math::max);
    }
    if (named.size() + prefixes.size() > MOST) {
      forget();
    }
  }

  private void forget() {
    long latest = floor;
    for (long at : named.values()) {
      latest = Math.max(latest, at);
    }
    for (long at : prefixes.values()) {
      latest = Math.max(latest, at);
    }
    floor = latest;
    named.clear();
    prefixes.clear();
  }

  /** Whether an entry is no longer true. */
  boolean strike(CacheEntry entry) {
    if (entry.storedAt() <= floor) {
      return true;
    }
    return (!named.isEmpty() || !prefixes.isEmpty())
        && (strikes(entry, entry.tenant()) || strikes(entry, EVERY_TENANT));
  }

  private boolean strikes(CacheEntry entry, String tenant) {
    return after(entry, named.get(new Named(tenant, entry.fingerprint(), "")))
        || after(entry, named.get(new Named(tenant, entry.target(), "")))
        || after(entry, named.get(new Named(tenant, entry.target(), entry.targetVersion())))
        || prefixes.entrySet().stream()
            .anyMatch(
                prefix ->
                    prefix.getKey().tenant().equals(tenant)
                        && entry.target().startsWith(prefix.getKey().name())
                        && after(entry, prefix.getValue()));
  }

  private static boolean after(CacheEntry entry, @Nullable Long at) {
    return at != null && entry.storedAt() <= at;
  }
}
