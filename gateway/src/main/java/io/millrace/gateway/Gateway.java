package io.millrace.gateway;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Connections;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.http.Scrape;
import io.millrace.gateway.log.GatewayLog;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.http.Readiness;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.BindException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP door: starts the log's side, gathers the modules' routes and listens. */
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
  private static final int HEADER_BYTES_MAX = 16 << 10;
  private static final int ANY_PORT = -1;
  private static final int LINE_BYTES_MAX = 8 << 10;
  private static final int STREAMS_PER_CONNECTION = 256;
  private static final int WINDOW_BYTES = 1 << 20;
  private static final long START_SECONDS = 30;
  private static final long FAREWELL_MILLIS = 1_000;

  private final GatewayConfig config;
  private final Vertx vertx;
  private final GatewayLog log;
  private final List<GatewayModule> modules = new ArrayList<>();
  private final List<HttpServer> servers = new ArrayList<>();
  private final Gate gate;
  private final Connections connections;
  private final Router router;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile int port;

  private Gateway(GatewayConfig config, MeterRegistry metrics) {
    this.config = config;
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(config.threads())
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    InstantSource clock = InstantSource.system();
    this.log = new GatewayLog(config, clock, metrics);
    this.gate = new Gate(config, this::reject, metrics);
    this.connections = new Connections(vertx, config);
    this.router = Router.router(vertx);
    router.route().handler(connections::request).handler(gate).failureHandler(Gateway::failed);
    router.errorHandler(404, routing -> Answers.failure(routing, notFound(routing)));
    router.errorHandler(405, routing -> Answers.failure(routing, wrongMethod(routing)));
    router.get("/livez").handler(routing -> Answers.text(routing, 200, "ok\n"));
    router.get("/readyz").handler(this::readyz);
    router.get("/metrics").handler(new Scrape(metrics));
    GatewayContext context = new GatewayContext(vertx, config, log, metrics, clock);
    for (GatewayModule module : ServiceLoader.load(GatewayModule.class)) {
      modules.add(module);
      module.routes(router, context);
    }
  }

  /**
   * Starts and listens; what waits for brokers or registry is {@link #ready} later.
   *
   * @param metrics gets the gateway's meters; {@code /metrics} shows those of a Prometheus registry
   * @throws PortInUseException when another program holds the port
   * @throws IllegalStateException when it cannot listen for another reason
   */
  public static Gateway start(GatewayConfig config, MeterRegistry metrics) {
    Gateway gateway = new Gateway(config, metrics);
    try {
      gateway.log.start();
      gateway.listen();
      return gateway;
    } catch (RuntimeException | Error e) {
      gateway.close();
      throw e;
    }
  }

  /** Done once the tables have been read and everything can be asked. */
  public CompletableFuture<Void> ready() {
    return log.ready();
  }

  /** The bound port; never 0. */
  public int port() {
    return port;
  }

  /** Where it is reached from this machine, such as {@code http://127.0.0.1:8000}. */
  public String url() {
    String host = config.host().equals("0.0.0.0") ? "127.0.0.1" : config.host();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /** What is ready and what is not. */
  public Readiness readiness() {
    boolean ready = log.isReady();
    return new Readiness(
        List.of(
            new Readiness.Part(
                "log", ready, ready ? "" : "it waits for brokers, topics or the registry"),
            new Readiness.Part("door", !closed.get(), closed.get() ? "it stops" : "")));
  }

  private void listen() {
    for (int i = 0; i < config.threads(); i++) {
      Listener listener = new Listener();
      await(vertx.deployVerticle(listener, new DeploymentOptions()));
      servers.add(listener.server);
      port = listener.server.actualPort();
    }
    LOG.info("The gateway listens on {}", url());
  }

  /** One server per thread, all on one port. */
  private final class Listener extends VerticleBase {
    private final HttpServer server =
        Gateway.this
            .vertx
            .createHttpServer(options(config))
            .connectionHandler(connections)
            .requestHandler(router)
            .invalidRequestHandler(Gateway::invalid);

    @Override
    public Future<?> start() {
      // The servers share the port of their first if all ask for the same negative one.
      return server.listen(config.port() == 0 ? ANY_PORT : config.port(), config.host());
    }
  }

  private static HttpServerOptions options(GatewayConfig config) {
    return new HttpServerOptions()
        // Before its first request a connection is not seen by Connections; a call may be silent
        // until its deadline.
        .setIdleTimeout((int) config.idleTimeout().plus(config.deadlineMax()).toSeconds() + 1)
        .setHttp2ClearTextEnabled(true)
        .setMaxHeaderSize(HEADER_BYTES_MAX)
        .setMaxInitialLineLength(LINE_BYTES_MAX)
        .setMaxChunkSize(64 << 10)
        .setTcpNoDelay(true)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setHttp2ConnectionWindowSize(WINDOW_BYTES)
        .setInitialSettings(
            new Http2Settings()
                .setMaxConcurrentStreams(STREAMS_PER_CONNECTION)
                .setMaxHeaderListSize(HEADER_BYTES_MAX)
                .setInitialWindowSize(WINDOW_BYTES));
  }

  private static void failed(RoutingContext routing) {
    Throwable failure = routing.failure();
    if (failure != null) {
      Answers.failure(routing, failure);
    } else {
      routing.next();
    }
  }

  private static void invalid(HttpServerRequest request) {
    String why = String.valueOf(request.decoderResult().cause().getMessage());
    request
        .response()
        .setStatusCode(why.contains("larger than") ? 431 : 400)
        .putHeader("Content-Type", Answers.JSON_TYPE)
        .end(Answers.error(Refusal.wrong("HTTP_INVALID", "This is not HTTP: " + why)))
        .onComplete(sent -> request.connection().close());
  }

  private static Refusal notFound(RoutingContext routing) {
    return new Refusal(
        404, "PATH_UNKNOWN", "There is nothing at '" + routing.request().path() + "'.");
  }

  private static Refusal wrongMethod(RoutingContext routing) {
    return new Refusal(
        405,
        "METHOD_WRONG",
        routing.request().method() + " is not done at '" + routing.request().path() + "'.");
  }

  private void readyz(RoutingContext routing) {
    Readiness readiness = readiness();
    Answers.json(routing, readiness.ready() ? 200 : 503, readiness.toJson());
  }

  private void reject(HttpServerRequest request, Refusal refusal) {
    log.reject(
        refusal.code(),
        request.method() + " " + request.path() + ": " + refusal.message(),
        "default");
  }

  private <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BindException cause) {
        throw new PortInUseException("gateway", config.port(), cause);
      }
      throw new IllegalStateException("The gateway cannot listen: " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("The gateway could not listen in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while starting", e);
    }
  }

  /**
   * Stops in order: refuses what is new, lets what is in flight end for as long as the settings
   * allow, then closes. Does nothing a second time.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    CompletableFuture<Void> ended = gate.drain();
    modules.forEach(module -> quietly("module", module::drain));
    quietly(
        "last requests", () -> ended.get(config.drainTimeout().toMillis(), TimeUnit.MILLISECONDS));
    List<Future<Void>> stops =
        servers.stream()
            .map(server -> server.shutdown(FAREWELL_MILLIS, TimeUnit.MILLISECONDS))
            .toList();
    stops.forEach(stop -> quietly("server", () -> wait(stop, 2 * FAREWELL_MILLIS)));
    modules.forEach(module -> quietly("module", module::close));
    quietly("log", log::close);
    quietly("threads", () -> wait(vertx.close(), 10_000));
  }

  private static void wait(Future<Void> future, long millis) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(millis, TimeUnit.MILLISECONDS);
  }

  private interface Step {
    void run() throws Exception;
  }

  /** What comes after must still be closed. */
  private static void quietly(String what, Step step) {
    try {
      step.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.warn("The gateway's {} did not stop in order", what, e);
    }
  }
}
