package io.millrace.topologies.speculation.logic;

/** What operators declared of targets; nothing of it is ever inferred. */
public interface Declared {

  /** Whether running it has no effect on anything. */
  boolean readOnly(String target);

  /** Whether calls of it may be made ahead; never true of what is not read-only. */
  boolean speculative(String target);

  /** How long an answer of it stays good, milliseconds. */
  long freshMillis(String target);
}
