package io.millrace.gateway.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;

/**
 * Server-Sent Events, as the HTML standard has them; an event named {@code end} says why it ends.
 */
final class ServerSentEvents implements Sink {
  private final RoutingContext routing;
  private final HttpServerResponse response;

  ServerSentEvents(RoutingContext routing) {
    this.routing = routing;
    this.response = routing.response();
  }

  @Override
  public void open() {
    Gate.leave(routing);
    if (routing.request().version() != HttpVersion.HTTP_2) {
      response.setChunked(true);
    }
    response
        .putHeader("Content-Type", "text/event-stream")
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Accel-Buffering", "no");
    write(":\n\n");
  }

  @Override
  public Future<Void> event(String id, ObjectNode data) {
    return write("id: " + id + "\ndata: " + data + "\n\n");
  }

  @Override
  public void beat() {
    write(":\n\n");
  }

  @Override
  public void end(Refusal why) {
    if (!response.headWritten()) {
      Answers.failure(routing, why);
    } else if (!response.ended() && !response.closed()) {
      response.end("event: end\ndata: " + Answers.error(why) + "\n\n");
    }
  }

  private Future<Void> write(String text) {
    return response.ended() || response.closed()
        ? Future.failedFuture("the client has gone")
        : response.write(text);
  }
}
