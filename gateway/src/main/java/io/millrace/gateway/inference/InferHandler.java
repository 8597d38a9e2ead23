package io.millrace.gateway.inference;

import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Caller;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.Exchange;
import io.millrace.gateway.log.Outcomes;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST …/infer}: reads the request, asks for the run through the log, answers with its
 * outputs in the form that was asked for.
 */
final class InferHandler implements Handler<RoutingContext> {
  private static final String JSON_LENGTH = "Inference-Header-Content-Length";

  /** Bodies up to this many bytes are read and written on the connection's thread. */
  private static final int QUICK_BYTES = 64 << 10;

  private final GatewayContext context;
  private final Models models;
  private final StatisticsTable statistics;

  InferHandler(GatewayContext context, Models models, StatisticsTable statistics) {
    this.context = context;
    this.models = models;
    this.statistics = statistics;
  }

  @Override
  public void handle(RoutingContext routing) {
    TargetSpec model = models.require(routing);
    Caller caller = Caller.of(routing.request().headers(), context.config().deadlineMax());
    Buffer body = Gate.body(routing);
    String jsonLength = routing.request().getHeader(JSON_LENGTH);
    run(body.length(), () -> read(model, jsonLength, body.getBytes()))
        .compose(
            request -> {
              ask(routing, model, caller, request);
              return Future.succeededFuture();
            })
        .onFailure(routing::fail);
  }

  /** What is short is done here, as handing it to another thread would cost more. */
  private <T> Future<T> run(int bytes, Callable<T> work) {
    if (bytes > QUICK_BYTES) {
      return context.vertx().executeBlocking(work, false);
    }
    try {
      return Future.succeededFuture(work.call());
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  private InferRequest read(TargetSpec model, @Nullable String jsonLength, byte[] body) {
    int length = body.length;
    if (jsonLength != null) {
      try {
        length = Integer.parseInt(jsonLength.trim());
      } catch (NumberFormatException e) {
        length = -1;
      }
      if (length < 0 || length > body.length) {
        throw Wrong.request(
            "the header %s is '%s', expected the length of the JSON, at most the %d bytes of the body"
                .formatted(JSON_LENGTH, jsonLength, body.length));
      }
      if (length == 0) {
        return Signature.raw(model, body);
      }
    }
    InferRequest request =
        InferRequestReader.read(body, length, context.config().requestBytesMax());
    Signature.check(model, request);
    return request;
  }

  private void ask(RoutingContext routing, TargetSpec model, Caller caller, InferRequest request) {
    long bytes = request.inputs().stream().mapToLong(input -> input.getData().remaining()).sum();
    Gate.hold(routing, bytes);
    Instant now = context.clock().instant();
    Instant deadline = now.plus(timeout(model, caller, request));
    InferenceRequest asked = event(routing, model, caller, request, now, deadline);
    ModelStatistics counts = statistics.of(model.getName(), model.getVersion());
    long rows = rows(model, request);
    long began = System.nanoTime();
    boolean streamed = InferStream.wanted(routing);
    Future<InferenceResult> answer =
        streamed
            ? new InferStream(context, routing, model, request, asked).start()
            : context.ask(
                routing, Exchange.INFERENCE, asked.getId(), caller.tenant(), asked, deadline);
    counts.begins();
    answer
        .onComplete(done -> counts.ends())
        .onSuccess(
            result -> {
              String version = result.getModelVersion();
              statistics
                  .of(model.getName(), version.isEmpty() ? model.getVersion() : version)
                  .answered(result, rows, millisSince(began), context.clock().millis());
              if (!streamed) {
                answer(routing, model, request, asked, result);
              }
            })
        .onFailure(
            failure -> {
              counts.failed(millisSince(began));
              if (!streamed) {
                routing.fail(failure);
              }
            });
  }

  private static double millisSince(long began) {
    return (System.nanoTime() - began) / 1e6;
  }

  private static long rows(TargetSpec model, InferRequest request) {
    var shape = request.inputs().get(0).getShape();
    boolean batched = model.getModel() != null && model.getModel().getBatchMax() > 0;
    return batched && !shape.isEmpty() ? Math.max(1, shape.get(0)) : 1;
  }

  private Duration timeout(TargetSpec model, Caller caller, InferRequest request) {
    Optional<Duration> asked =
        RequestEvents.timeoutMicros(request)
            .map(micros -> Duration.of(micros, TimeUnit.MICROSECONDS.toChronoUnit()));
    Duration timeout =
        caller.timeout().or(() -> asked).orElse(Duration.ofMillis(model.getDeadlineMs()));
    return timeout.compareTo(context.config().deadlineMax()) > 0
        ? context.config().deadlineMax()
        : timeout;
  }

  private InferenceRequest event(
      RoutingContext routing,
      TargetSpec model,
      Caller caller,
      InferRequest request,
      Instant now,
      Instant deadline) {
    return RequestEvents.of(request)
        .setId(context.log().newId())
        .setTenant(caller.tenant())
        .setCorrelationId(caller.correlationId())
        .setTraceparent(caller.traceparent())
        .setOccurredAt(now)
        .setModel(model.getName())
        .setModelVersion(Models.version(routing))
        .setDeadlineAt(deadline)
        .setReplyPartition(context.log().replyPartition(Exchange.INFERENCE))
        .build();
  }

  private void answer(
      RoutingContext routing,
      TargetSpec model,
      InferRequest request,
      InferenceRequest asked,
      InferenceResult result) {
    if (result.getOutcome() != Outcome.OK) {
      routing.fail(
          new Refusal(
              Outcomes.status(result.getOutcome(), result.getFailure()),
              Outcomes.code(result.getOutcome(), result.getFailure()),
              Outcomes.message(result.getOutcome(), result.getFailure())));
      return;
    }
    if (!result.getLast()) {
      context
          .log()
          .cancel(
              Exchange.INFERENCE, asked.getId(), asked.getTenant(), "streams are not taken here");
      routing.fail(
          new Refusal(
              501,
              "ANSWER_STREAMED",
              "Model '"
                  + model.getName()
                  + "' answers in several parts, which infer cannot give."));
      return;
    }
    whole(result)
        .compose(all -> response(model, request, all))
        .onSuccess(response -> send(routing, response))
        .onFailure(routing::fail);
  }

  /** A large answer that is given again only says where its outputs lie. */
  private Future<InferenceResult> whole(InferenceResult result) {
    Coordinates at = result.getOutputsCoordinates();
    if (at == null || !result.getOutputs().isEmpty()) {
      return Future.succeededFuture(result);
    }
    return context
        .vertx()
        .executeBlocking(
            () -> {
              InferenceRun run = context.log().attempt(at).getInference();
              if (run != null) {
                result.setOutputs(run.getOutputs());
              }
              return result;
            },
            false);
  }

  private Future<InferResponse> response(
      TargetSpec model, InferRequest request, InferenceResult result) {
    int bytes = result.getOutputs().stream().mapToInt(o -> o.getData().remaining()).sum();
    return run(bytes, () -> InferResponse.of(model.getName(), request, result));
  }

  private static void send(RoutingContext routing, InferResponse response) {
    if (response.binary()) {
      routing.response().putHeader(JSON_LENGTH, String.valueOf(response.jsonLength()));
    }
    Answers.send(
        routing,
        200,
        response.binary() ? "application/octet-stream" : Answers.JSON_TYPE,
        response.body());
  }
}
