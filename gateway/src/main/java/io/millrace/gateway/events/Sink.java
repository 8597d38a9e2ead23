package io.millrace.gateway.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.gateway.http.Refusal;
import io.vertx.core.Future;

/** Where a stream's events go; called on the connection's own thread only. */
interface Sink {

  /** The stream is set up and begins. */
  void open();

  /**
   * Sends one event.
   *
   * @return done when it has left this machine, or cannot any more
   */
  Future<Void> event(String id, ObjectNode data);

  /** Says that the stream lives; a connection that is dead is noticed by it. */
  void beat();

  /** Says why the stream ends, and ends it. */
  void end(Refusal why);
}
