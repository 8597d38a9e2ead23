package io.millrace.gateway.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;

/**
 * Events as text messages over a WebSocket, each with its {@code id}; the last message and the
 * reason of the close frame say why it ends.
 */
final class WebSocketEvents implements Sink {
  /** The reason in a close frame has at most 123 bytes. */
  private static final int REASON_MAX = 120;

  private static final short POLICY_VIOLATION = 1008;
  private static final short GOING_AWAY = 1001;

  private final ServerWebSocket socket;

  WebSocketEvents(ServerWebSocket socket) {
    this.socket = socket;
  }

  @Override
  public void open() {
    // A WebSocket is open already.
  }

  @Override
  public Future<Void> event(String id, ObjectNode data) {
    return socket.isClosed()
        ? Future.failedFuture("the client has gone")
        : socket.writeTextMessage(data.put("id", id).toString());
  }

  @Override
  public void beat() {
    if (!socket.isClosed()) {
      socket.writePing(Buffer.buffer());
    }
  }

  @Override
  public void end(Refusal why) {
    if (!socket.isClosed()) {
      socket.writeTextMessage(Answers.error(why).toString());
      String reason = why.code();
      socket.close(
          why.status() == 503 ? GOING_AWAY : POLICY_VIOLATION,
          reason.substring(0, Math.min(reason.length(), REASON_MAX)));
    }
  }
}
