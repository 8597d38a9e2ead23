package io.millrace.topologies.dispatch.logic;

import io.millrace.state.CachedOutput;

/**
 * What is known of a stored answer without reading it.
 *
 * @param bytes it takes in the store, with its key
 * @param staleUntil until when it is kept, milliseconds since the epoch; not before it expires
 * @param cost of having it again, milliseconds, over 0
 */
record CacheEntry(
    Origin origin, int bytes, long storedAt, long expiresAt, long staleUntil, float cost) {

  private static final float COST_LEAST = 0.01f;
  private static final double COST_MOST = 1e9;

  /**
   * The entry of an answer.
   *
   * @param heard as in {@link Origin}
   */
  static CacheEntry of(String fingerprint, CachedOutput stored, long heard) {
    long begunAt = stored.getBegunAt() == 0 ? stored.getStoredAt() : stored.getBegunAt();
    return new CacheEntry(
        new Origin(
            fingerprint,
            stored.getTenant(),
            stored.getTarget(),
            stored.getTargetVersion(),
            begunAt,
            heard,
            stored.getAheadFor()),
        CachedOutputs.bytes(fingerprint, stored),
        stored.getStoredAt(),
        stored.getExpiresAt(),
        Math.max(stored.getExpiresAt(), stored.getStaleUntil()),
        cost(stored.getRunMs()));
  }

  /** Anyone may share answers: what is no time counts as none. */
  private static float cost(double runMillis) {
    return runMillis > COST_LEAST ? (float) Math.min(COST_MOST, runMillis) : COST_LEAST;
  }

  String fingerprint() {
    return origin.fingerprint();
  }

  String tenant() {
    return origin.tenant();
  }

  /** When the work that gave it was first sent, milliseconds since the epoch. */
  long begunAt() {
    return origin.begunAt();
  }

  /** The number by which policies know a fingerprint: FNV-1a (Fowler, Noll, Vo) of 64 bits. */
  static long key(String fingerprint) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < fingerprint.length(); i++) {
      hash = (hash ^ fingerprint.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
