package io.millrace.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One request's place among those in flight, with the bytes of its body; given back once, when the
 * answer was taken or the client is gone.
 *
 * <p>Used on the request's own thread.
 */
final class Place {
  private static final String KEY = "millrace.place";

  private final Room room;
  private final AtomicBoolean left = new AtomicBoolean();
  private long bytes;
  private boolean answering;
  private @Nullable Runnable gone;

  Place(Room room) {
    this.room = room;
  }

  /** Binds the place to a request that was let in. */
  void bind(RoutingContext routing) {
    routing.put(KEY, this);
    routing.addEndHandler(
        done -> {
          if (done.failed() || !answering) {
            leave();
          }
          Runnable told = gone;
          gone = null;
          if (done.failed() && told != null) {
            told.run();
          }
        });
  }

  /** The place of a request; null for one that needs none. */
  static @Nullable Place of(RoutingContext routing) {
    return routing.get(KEY);
  }

  /** Whether there is room for more bytes, which are then held. */
  boolean hold(long more) {
    if (!room.hold(more)) {
      return false;
    }
    bytes += more;
    return true;
  }

  /** Runs something, once, if the client goes away before it is answered. */
  void onGone(Runnable action) {
    gone = action;
  }

  /** The answer is on its way; the place is given back when it was sent. */
  void answering(Future<Void> sent, HttpServerResponse response) {
    gone = null;
    sent.onComplete(done -> leave());
    if (response.closed()) {
      leave();
    }
  }

  /** Says before the response ends that {@link #answering} will follow. */
  void answers() {
    answering = true;
  }

  /** Gives the place back. */
  void leave() {
    if (left.compareAndSet(false, true)) {
      room.leave(bytes);
    }
  }
}
