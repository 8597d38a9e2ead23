package io.millrace.topologies.dispatch.logic;

import io.millrace.events.CacheInvalidation;
import io.millrace.events.InvalidationScope;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is cached, or being made, and no longer true, as this instance knows it: asked at each
 * look-up of the cache, so that an invalidation costs nothing however much it strikes.
 *
 * <p>An answer is struck if the work that gave it was begun before the invalidation or in the same
 * millisecond, whenever it ended; not, whatever the clocks say, if the invalidation was heard here
 * before the work was begun. One that was made ahead is struck, too, when its conversation writes.
 *
 * <p>Bounded in number. Beyond that it is forgotten what was said, and all that was begun until
 * then counts as no longer true: a cache may forget, but it may not bring back. Writes of
 * conversations are bounded apart from the rest, for they strike only what was made ahead.
 *
 * <p>Fed by the global tables and by the dispatch tasks of this instance, read by every stream
 * thread.
 */
public final class Invalidations {
  private static final int MOST = 10_000;
  private static final String EVERY_TENANT = "*";

  private final Map<Named, Said> named = new ConcurrentHashMap<>();
  private final Map<Named, Said> prefixes = new ConcurrentHashMap<>();
  private final Map<Named, Said> conversations = new ConcurrentHashMap<>();
  private volatile Said floor = new Said(Long.MIN_VALUE, 0);
  private volatile Said aheadFloor = floor;
  private volatile long heard;

  private record Named(String tenant, String name, String version) {}

  /**
   * What was said of a name.
   *
   * @param at when at the latest, milliseconds since the epoch
   * @param heard its number in the order of hearing
   */
  private record Said(long at, long heard) {
    Said and(Said other) {
      return new Said(Math.max(at, other.at), Math.max(heard, other.heard));
    }
  }

  /**
   * Takes a record; one of an unknown scope strikes nothing.
   *
   * @param atMillis what was begun until then goes, milliseconds since the epoch
   */
  public synchronized void put(CacheInvalidation invalidation, long atMillis) {
    String tenant = invalidation.getEveryTenant() ? EVERY_TENANT : invalidation.getTenant();
    String name = invalidation.getName();
    InvalidationScope scope = invalidation.getScope();
    Said said = new Said(atMillis, heard + 1);
    if (scope == InvalidationScope.KEY) {
      named.merge(new Named(tenant, name, ""), said, Said::and);
    } else if (scope == InvalidationScope.VERSION) {
      named.merge(new Named(tenant, name, invalidation.getTargetVersion()), said, Said::and);
    } else if (scope == InvalidationScope.PREFIX) {
      prefixes.merge(new Named(tenant, name, ""), said, Said::and);
    } else if (scope == InvalidationScope.CONVERSATION) {
      wrote(invalidation.getTenant(), name, atMillis);
    }
    if (named.size() + prefixes.size() > MOST) {
      // Raised before what it stands for is forgotten: readers do not wait.
      floor = all(named, all(prefixes, floor));
      named.clear();
      prefixes.clear();
    }
    heard = Math.max(heard, said.heard);
  }

  /**
   * A conversation may have written.
   *
   * @param atMillis what was made ahead for it and begun until then goes, milliseconds since the
   *     epoch
   */
  synchronized void wrote(String tenant, String conversation, long atMillis) {
    Said said = new Said(atMillis, heard + 1);
    conversations.merge(new Named(tenant, conversation, ""), said, Said::and);
    if (conversations.size() > MOST) {
      aheadFloor = all(conversations, aheadFloor);
      conversations.clear();
    }
    heard = said.heard;
  }

  private static Said all(Map<Named, Said> said, Said before) {
    return said.values().stream().reduce(before, Said::and);
  }

  /** How much was heard so far: what is begun now comes after all of it. */
  long heard() {
    return heard;
  }

  /** Whether an answer is no longer true. */
  boolean strike(Origin origin) {
    if (after(origin, floor) || (origin.madeAhead() && wroteSince(origin, origin.aheadFor()))) {
      return true;
    }
    return (!named.isEmpty() || !prefixes.isEmpty())
        && (strikes(origin, origin.tenant()) || strikes(origin, EVERY_TENANT));
  }

  /**
   * Whether an answer is of no use to who asks: it is no longer true, or it was made ahead, maybe
   * for another conversation, and the one that asks has written since.
   *
   * @param conversation that asks; empty: none
   */
  boolean strike(Origin origin, String conversation) {
    return strike(origin) || (origin.madeAhead() && wroteSince(origin, conversation));
  }

  private boolean wroteSince(Origin origin, String conversation) {
    return after(origin, aheadFloor)
        || after(origin, conversations.get(new Named(origin.tenant(), conversation, "")));
  }

  private boolean strikes(Origin origin, String tenant) {
    return after(origin, named.get(new Named(tenant, origin.fingerprint(), "")))
        || after(origin, named.get(new Named(tenant, origin.target(), "")))
        || after(origin, named.get(new Named(tenant, origin.target(), origin.targetVersion())))
        || (!prefixes.isEmpty() && prefixStrikes(origin, tenant));
  }

  /** Asks for each beginning of the name: it is short, and prefixes may be many. */
  private boolean prefixStrikes(Origin origin, String tenant) {
    String target = origin.target();
    for (int length = 0; length <= target.length(); length++) {
      if (after(origin, prefixes.get(new Named(tenant, target.substring(0, length), "")))) {
        return true;
      }
    }
    return false;
  }

  private static boolean after(Origin origin, @Nullable Said said) {
    return said != null && origin.begunAt() <= said.at && origin.heard() < said.heard;
  }
}
