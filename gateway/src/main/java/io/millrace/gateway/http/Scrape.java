package io.millrace.gateway.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;

/**
 * Answers with the meters of a Prometheus registry in its text format; 404 if it is another one.
 */
public final class Scrape implements Handler<RoutingContext> {
  private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final MeterRegistry metrics;

  /** Shows this registry's meters. */
  public Scrape(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  @Override
  public void handle(RoutingContext routing) {
    if (metrics instanceof PrometheusMeterRegistry prometheus) {
      Answers.send(routing, 200, TYPE, Buffer.buffer(prometheus.scrape()));
    } else {
      Answers.failure(
          routing, new Refusal(404, "METRICS_ELSEWHERE", "This process has no Prometheus meters."));
    }
  }
}
