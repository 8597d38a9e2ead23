package io.millrace.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests; an error is {@code {"error": "what to know", "code": "STABLE_NAME"}}. */
public final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long HTTP2_CANCEL = 8;
  private static final String TIMEOUT_KEY = "millrace.answer.timeout";

  /** Media type of JSON. */
  public static final String JSON_TYPE = "application/json";

  private Answers() {}

  /** Gives how long a client may take its answer, for {@link #send}. */
  static void timeout(RoutingContext routing, long millis) {
    routing.put(TIMEOUT_KEY, millis);
  }

  /** Answers with text for people. */
  public static void text(RoutingContext routing, int status, String text) {
    send(routing, status, "text/plain; charset=utf-8", Buffer.buffer(text));
  }

  /** Answers with JSON. */
  public static void json(RoutingContext routing, int status, JsonNode body) {
    try {
      send(routing, status, JSON_TYPE, Buffer.buffer(JSON.writeValueAsBytes(body)));
    } catch (JsonProcessingException e) {
      failure(routing, e);
    }
  }

  /**
   * Answers with a body. A client that has gone is not answered; one that does not take the answer
   * in time loses its connection or stream.
   */
  public static void send(RoutingContext routing, int status, String type, Buffer body) {
    deliver(
        routing,
        response ->
            response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, type).end(body));
  }

  /**
   * Ends a response in whatever form; under the rules of {@link #send}.
   *
   * @param end puts headers and ends it
   */
  static void deliver(RoutingContext routing, Function<HttpServerResponse, Future<Void>> end) {
    HttpServerResponse response = routing.response();
    if (response.ended() || response.closed()) {
      return;
    }
    Place place = Place.of(routing);
    if (place != null) {
      place.answers();
    }
    Long timeout = routing.get(TIMEOUT_KEY);
    Vertx vertx = routing.vertx();
    long timer = timeout == null ? -1 : vertx.setTimer(timeout, late -> abort(routing));
    Future<Void> sent = end.apply(response);
    if (timer >= 0) {
      sent.onComplete(done -> vertx.cancelTimer(timer));
    }
    if (place != null) {
      place.answering(sent, response);
    }
  }

  /**
   * Answers with what a failure says: a {@link Refusal} as it is, anything else as 500. What was
   * called off, or whose client has gone, has nobody to tell.
   */
  public static void failure(RoutingContext routing, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (routing.response().closed() || cause instanceof CancellationException) {
      return;
    }
    if (cause instanceof Refusal refusal) {
      refuse(routing, refusal);
      return;
    }
    LOG.error("{} {} failed", routing.request().method(), routing.request().path(), cause);
    refuse(
        routing,
        new Refusal(500, "INTERNAL", "The gateway failed at this request; its log says why."));
  }

  private static void refuse(RoutingContext routing, Refusal refusal) {
    HttpServerResponse response = routing.response();
    if (response.headWritten()) {
      // Half an answer cannot become an error; the client must not take it for a whole one.
      abort(routing);
      return;
    }
    if (Grpc.called(routing.request())) {
      Grpc.refuse(routing, refusal);
      return;
    }
    if (refusal.status() == 503) {
      response.putHeader(HttpHeaders.RETRY_AFTER, "1");
    }
    if (!routing.request().isEnded() && routing.request().version() != HttpVersion.HTTP_2) {
      response.putHeader(HttpHeaders.CONNECTION, "close");
    }
    send(routing, refusal.status(), JSON_TYPE, error(refusal));
  }

  /** Ends a request in the middle: its stream in HTTP/2, its connection otherwise. */
  static void abort(RoutingContext routing) {
    if (routing.request().version() == HttpVersion.HTTP_2) {
      routing.response().reset(HTTP2_CANCEL);
    } else {
      routing.request().connection().close();
    }
  }

  /** What an error says. */
  public static Buffer error(Refusal refusal) {
    return Buffer.buffer(
        JsonNodeFactory.instance
            .objectNode()
            .put("error", refusal.message())
            .put("code", refusal.code())
            .toString());
  }
}
