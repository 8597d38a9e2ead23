package io.millrace.gateway;

import io.vertx.ext.web.Router;

/**
 * A set of routes of the gateway, found by {@link java.util.ServiceLoader}: a class with a public
 * constructor without parameters.
 */
public interface GatewayModule extends AutoCloseable {

  /**
   * Adds the routes; called once, before the gateway listens. What they do runs on the threads that
   * serve connections and must not block them. A route throws, or fails its context with, a {@link
   * io.millrace.gateway.http.Refusal} to answer an error.
   *
   * @param router where they are added; those who may come have been let in and their bodies read
   * @param context what they work with
   */
  void routes(Router router, GatewayContext context);

  /** The gateway stops: ends what would not end by itself, such as streams; called once. */
  default void drain() {}

  /** Ends what the routes began; called once, after the last request. */
  @Override
  default void close() {}
}
