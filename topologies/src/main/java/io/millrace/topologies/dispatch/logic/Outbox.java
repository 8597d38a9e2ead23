package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Alert;
import io.millrace.events.Attempt;
import io.millrace.events.Control;
import io.millrace.events.Task;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Request;
import org.jspecify.annotations.Nullable;

/** Where dispatch puts what it decides. */
public interface Outbox {
  /**
   * Tells other instances and regions what is cached.
   *
   * @param packed as it is stored; null says that nothing under the fingerprint is true any more
   */
  void cached(String fingerprint, @Nullable CachedOutput packed);

  /** Tells other instances that a conversation may have written. */
  void wrote(String tenant, String conversation, long nowMillis);

  /** Hands a task to the workers of a pool. */
  void task(String pool, Task task);

  /** Says a word to the workers. */
  void control(Control control);

  /** Writes into the log of the attempts of this partition, to be read in its turn. */
  void attempt(Attempt attempt);

  /** Says what a control did. */
  void alert(Alert alert);

  /** Answers an operation. */
  void answer(Request request, Answer answer);

  /** Passes on a part of a streamed answer; {@link #answer} brings the last one. */
  void chunk(Request request, Answer chunk);

  /** Sends a request whose fingerprint is now known, and lies elsewhere, to where it belongs. */
  void route(Request request, String fingerprint);
}
