package io.millrace.gateway.inference;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.Exchange;
import io.millrace.gateway.log.Outcomes;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.Map;

/**
 * One answer to {@code POST …/infer} as Server-Sent Events, for clients that accept {@code
 * text/event-stream}: an event per chunk, its id the chunk's number and its data what infer answers
 * otherwise, with the parameter {@code triton_final_response}.
 *
 * <p>Chunks go on in the order of their numbers, each once, whatever the log repeats. What fails
 * before the first chunk is an HTTP error; later it is an event named {@code error}. A client that
 * goes away, or takes its events too slowly, has its run called off.
 */
final class InferStream {
  private static final String TYPE = "text/event-stream";

  private final GatewayContext context;
  private final RoutingContext routing;
  private final HttpServerResponse response;
  private final TargetSpec model;
  private final InferRequest request;
  private final InferenceRequest asked;
  private final Context thread;
  private int next;
  private long unsent;
  private boolean over;

  InferStream(
      GatewayContext context,
      RoutingContext routing,
      TargetSpec model,
      InferRequest request,
      InferenceRequest asked) {
    this.context = context;
    this.routing = routing;
    this.response = routing.response();
    this.model = model;
    this.request = request;
    this.asked = asked;
    this.thread = context.vertx().getOrCreateContext();
  }

  /** Whether a client wants events. */
  static boolean wanted(RoutingContext routing) {
    String accept = routing.request().getHeader("Accept");
    return accept != null && accept.contains(TYPE);
  }

  /**
   * Asks, and answers with what comes.
   *
   * @return ends with the last part of the answer
   * @throws Refusal if the outputs are asked for in a form that events cannot carry
   */
  Future<InferenceResult> start() {
    if ("true".equals(request.parameters().get(InferRequest.BINARY_OUTPUT))
        || request.outputs().stream().anyMatch(output -> Boolean.TRUE.equals(output.binary()))) {
      throw Wrong.request(
          "outputs are asked for as raw bytes, which events cannot carry; ask for JSON");
    }
    return context
        .ask(
            routing,
            Exchange.INFERENCE,
            asked.getId(),
            asked.getTenant(),
            asked,
            asked.getDeadlineAt(),
            part -> thread.runOnContext(now -> chunk(part)))
        .onSuccess(last -> thread.runOnContext(now -> end(last)))
        .onFailure(failure -> thread.runOnContext(now -> fail(failure)));
  }

  private void chunk(InferenceResult part) {
    if (over || part.getChunk() < next) {
      return;
    }
    if (part.getChunk() > next) {
      missing(part);
      return;
    }
    next++;
    try {
      send(part);
    } catch (RuntimeException e) {
      callOff("a chunk could not be passed on");
      fail(e);
    }
  }

  private void end(InferenceResult last) {
    if (over) {
      return;
    }
    if (last.getChunk() > next) {
      missing(last);
    } else if (last.getOutcome() == Outcome.OK) {
      try {
        send(last);
        over = true;
        response.end();
      } catch (RuntimeException e) {
        fail(e);
      }
    } else {
      fail(
          new Refusal(
              Outcomes.status(last.getOutcome(), last.getFailure()),
              Outcomes.code(last.getOutcome(), last.getFailure()),
              Outcomes.message(last.getOutcome(), last.getFailure())));
    }
  }

  private void missing(InferenceResult came) {
    callOff("a chunk was missed");
    fail(
        new Refusal(
            502,
            "CHUNK_MISSING",
            "Chunk %d of the answer came where chunk %d was expected; ask again."
                .formatted(came.getChunk(), next)));
  }

  private void send(InferenceResult result) {
    Map<String, String> parameters = new HashMap<>(result.getParameters());
    parameters.put("triton_final_response", String.valueOf(result.getLast()));
    result.setParameters(parameters);
    String data = InferResponse.of(model.getName(), request, result).body().toString();
    if (!response.headWritten()) {
      if (routing.request().version() != HttpVersion.HTTP_2) {
        response.setChunked(true);
      }
      response
          .putHeader("Content-Type", TYPE)
          .putHeader("Cache-Control", "no-store")
          .putHeader("X-Accel-Buffering", "no");
    }
    write("id: " + result.getChunk() + "\ndata: " + data + "\n\n");
  }

  private void write(String event) {
    if (over || response.ended() || response.closed()) {
      return;
    }
    int length = event.length();
    unsent += length;
    if (unsent > context.config().streamBytesMax()) {
      callOff("the client takes its events too slowly");
      fail(
          new Refusal(
              429,
              "READER_SLOW",
              "More than %d bytes of events waited to be taken."
                  .formatted(context.config().streamBytesMax())));
      return;
    }
    response.write(event).onComplete(done -> unsent -= length);
  }

  private void callOff(String why) {
    context.log().giveUp(Exchange.INFERENCE, asked.getId(), asked.getTenant(), why);
  }

  private void fail(Throwable failure) {
    if (over) {
      return;
    }
    over = true;
    if (!response.headWritten()) {
      routing.fail(failure);
    } else if (!response.ended() && !response.closed()) {
      Refusal why =
          failure instanceof Refusal refusal
              ? refusal
              : new Refusal(500, "INTERNAL", "The gateway failed at this answer.");
      response.end("event: error\ndata: " + Answers.error(why) + "\n\n");
    }
  }
}
