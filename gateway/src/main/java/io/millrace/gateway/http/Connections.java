package io.millrace.gateway.http;

import io.millrace.gateway.GatewayConfig;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the connections and closes those that have had no request in flight for too long; they are
 * seen from their first request on.
 *
 * <p>The time runs from the end of the last request and bytes do not stop it, so that a client that
 * sends its headers byte by byte does not hold a connection for ever.
 */
public final class Connections implements Handler<HttpConnection> {
  private final Vertx vertx;
  private final int max;
  private final long idleMillis;
  private final AtomicInteger count = new AtomicInteger();
  private final Map<HttpConnection, Watch> watches = new ConcurrentHashMap<>();

  /**
   * No connections yet.
   *
   * @param config limits
   */
  public Connections(Vertx vertx, GatewayConfig config) {
    this.vertx = vertx;
    this.max = config.connectionsMax();
    this.idleMillis = config.idleTimeout().toMillis();
  }

  @Override
  public void handle(HttpConnection connection) {
    if (count.incrementAndGet() > max) {
      count.decrementAndGet();
      connection.close();
      return;
    }
    Watch watch = new Watch(connection);
    watches.put(connection, watch);
    watch.idle();
    connection.closeHandler(
        closed -> {
          count.decrementAndGet();
          watches.remove(connection);
          watch.busy();
        });
  }

  /** The first handler of every request: its connection is not idle while it lasts. */
  public void request(RoutingContext routing) {
    Watch watch = watches.get(routing.request().connection());
    if (watch != null) {
      watch.begin();
      routing.addEndHandler(done -> watch.end());
    }
    routing.next();
  }

  /** One connection; used on its own thread. */
  private final class Watch {
    private final HttpConnection connection;
    private int requests;
    private long timer = -1;

    Watch(HttpConnection connection) {
      this.connection = connection;
    }

    void begin() {
      if (requests++ == 0) {
        busy();
      }
    }

    void end() {
      if (--requests == 0) {
        idle();
      }
    }

    void idle() {
      timer = vertx.setTimer(idleMillis, late -> connection.close());
    }

    void busy() {
      if (timer >= 0) {
        vertx.cancelTimer(timer);
        timer = -1;
      }
    }
  }
}
