package io.millrace.gateway.inference;

import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.http.Caller;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.Exchange;
import io.millrace.gateway.log.Outcomes;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Asks for runs of models through the log, for every door alike, and counts what comes of them.
 *
 * <p>A client that goes away calls its run off.
 */
final class Inference {

  /** What has up to this many bytes is read and written on the connection's thread. */
  private static final int QUICK_BYTES = 64 << 10;

  private final GatewayContext context;
  private final StatisticsTable statistics;

  Inference(GatewayContext context, StatisticsTable statistics) {
    this.context = context;
    this.statistics = statistics;
  }

  /** The most bytes of a request and of its inputs. */
  int bytesMax() {
    return context.config().requestBytesMax();
  }

  /** Runs what is short here, as handing it to another thread would cost more. */
  <T> Future<T> run(int bytes, Callable<T> work) {
    if (bytes > QUICK_BYTES) {
      return context.vertx().executeBlocking(work, false);
    }
    try {
      return Future.succeededFuture(work.call());
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  /**
   * Asks and waits.
   *
   * @param model whose signature the request fits
   * @param version that was asked for; null: none
   * @return the result, OK and with its outputs; or fails with a {@link Refusal}
   */
  Future<InferenceResult> ask(
      RoutingContext routing, TargetSpec model, @Nullable String version, InferRequest request) {
    try {
      InferenceRequest event = event(routing, model, version, request);
      return counted(
              model,
              request,
              context.ask(
                  routing,
                  Exchange.INFERENCE,
                  event.getId(),
                  event.getTenant(),
                  event,
                  event.getDeadlineAt()))
          .compose(result -> whole(model, event, result));
    } catch (Refusal refusal) {
      return Future.failedFuture(refusal);
    }
  }

  /** Asks, and answers with events; see {@link InferStream}. */
  void stream(
      RoutingContext routing, TargetSpec model, @Nullable String version, InferRequest request) {
    InferenceRequest event = event(routing, model, version, request);
    counted(model, request, new InferStream(context, routing, model, request, event).start());
  }

  private InferenceRequest event(
      RoutingContext routing, TargetSpec model, @Nullable String version, InferRequest request) {
    Caller caller = Caller.of(routing.request().headers(), context.config().deadlineMax());
    Gate.hold(
        routing, request.inputs().stream().mapToLong(input -> input.getData().remaining()).sum());
    Instant now = context.clock().instant();
    return RequestEvents.of(request)
        .setId(context.log().newId())
        .setTenant(caller.tenant())
        .setCorrelationId(caller.correlationId())
        .setTraceparent(caller.traceparent())
        .setOccurredAt(now)
        .setModel(model.getName())
        .setModelVersion(version)
        .setDeadlineAt(now.plus(timeout(model, caller, request)))
        .setReplyPartition(context.log().replyPartition(Exchange.INFERENCE))
        .build();
  }

  private Future<InferenceResult> counted(
      TargetSpec model, InferRequest request, Future<InferenceResult> answer) {
    ModelStatistics counts = statistics.of(model.getName(), model.getVersion());
    long rows = rows(model, request);
    long began = System.nanoTime();
    counts.begins();
    return answer
        .onComplete(done -> counts.ends())
        .onSuccess(
            result -> {
              String served = result.getModelVersion();
              statistics
                  .of(model.getName(), served.isEmpty() ? model.getVersion() : served)
                  .answered(result, rows, millisSince(began), context.clock().millis());
            })
        .onFailure(failure -> counts.failed(failure, millisSince(began)));
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
        RequestEvents.timeoutMicros(request).map(micros -> Duration.of(micros, ChronoUnit.MICROS));
    Duration timeout =
        caller.timeout().or(() -> asked).orElse(Duration.ofMillis(model.getDeadlineMs()));
    return timeout.compareTo(context.config().deadlineMax()) > 0
        ? context.config().deadlineMax()
        : timeout;
  }

  private Future<InferenceResult> whole(
      TargetSpec model, InferenceRequest asked, InferenceResult result) {
    if (result.getOutcome() != Outcome.OK) {
      return Future.failedFuture(
          new Refusal(
              Outcomes.status(result.getOutcome(), result.getFailure()),
              Outcomes.code(result.getOutcome(), result.getFailure()),
              Outcomes.message(result.getOutcome(), result.getFailure())));
    }
    if (!result.getLast()) {
      context
          .log()
          .cancel(
              Exchange.INFERENCE, asked.getId(), asked.getTenant(), "streams are not taken here");
      return Future.failedFuture(
          new Refusal(
              501,
              "ANSWER_STREAMED",
              "Model '"
                  + model.getName()
                  + "' answers in several parts, which infer cannot give."));
    }
    Coordinates at = result.getOutputsCoordinates();
    return at == null || !result.getOutputs().isEmpty()
        ? Future.succeededFuture(result)
        : fetched(result, at);
  }

  /** A large answer that is given again only says where its outputs lie. */
  private Future<InferenceResult> fetched(InferenceResult result, Coordinates at) {
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
}
