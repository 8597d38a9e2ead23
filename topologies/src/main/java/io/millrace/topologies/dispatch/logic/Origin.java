package io.millrace.topologies.dispatch.logic;

/**
 * Where an answer comes from, by which it is told whether it is still true.
 *
 * @param fingerprint of the work
 * @param begunAt when the work was first sent, milliseconds since the epoch: it may show the state
 *     of things at that time, however long it took
 * @param heard how much was known to be untrue when it was sent ({@link Invalidations#heard}); 0:
 *     not known any more
 * @param aheadFor conversation for which it was made ahead of a call; empty: it was asked for
 */
record Origin(
    String fingerprint,
    String tenant,
    String target,
    String targetVersion,
    long begunAt,
    long heard,
    String aheadFor) {

  /** Whether nobody had asked for it. */
  boolean madeAhead() {
    return !aheadFor.isEmpty();
  }
}
