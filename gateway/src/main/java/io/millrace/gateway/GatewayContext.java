package io.millrace.gateway;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.log.Exchange;
import io.millrace.gateway.log.GatewayLog;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a module's routes work with.
 *
 * @param vertx runs timers and blocking work
 * @param config limits and deadlines
 * @param log what is written, the answers waited for, the tables followed
 * @param metrics gets the module's meters
 * @param clock wall-clock time
 */
public record GatewayContext(
    Vertx vertx, GatewayConfig config, GatewayLog log, MeterRegistry metrics, InstantSource clock) {

  /**
   * Asks through the log for a request; if its client goes away, the operation is called off.
   *
   * @param id the operation id
   * @param tenant for the cancel
   * @param asked with the reply partition
   * @return the answer, on the request's own thread; or fails with a {@link
   *     io.millrace.gateway.http.Refusal}
   */
  public <Q extends SpecificRecord, A extends SpecificRecord> Future<A> ask(
      RoutingContext request,
      Exchange<Q, A> exchange,
      String id,
      String tenant,
      Q asked,
      Instant deadline) {
    return ask(request, exchange, id, tenant, asked, deadline, null);
  }

  /**
   * As the other, for an answer that may come in parts.
   *
   * @param parts gets each part but the last, on a thread that it must not hold up; null: the first
   *     part is the answer
   */
  public <Q extends SpecificRecord, A extends SpecificRecord> Future<A> ask(
      RoutingContext request,
      Exchange<Q, A> exchange,
      String id,
      String tenant,
      Q asked,
      Instant deadline,
      @Nullable Consumer<A> parts) {
    Future<A> answer =
        Future.fromCompletionStage(
            log.ask(exchange, id, tenant, asked, deadline, parts), vertx.getOrCreateContext());
    Gate.onGone(request, () -> log.giveUp(exchange, id, tenant, "the client went away"));
    return answer;
  }
}
