package io.millrace.platform.demo.sources;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves eight information sources over HTTP on loopback.
 *
 * <p>{@code GET /weather?q=Oslo} answers with JSON after a while; answer and latency depend only on
 * the seed, the source and the query's parameters, in whatever order they stand. Answers wait in a
 * timer, not in a thread, so four threads serve every request there may be at once (256; what comes
 * above that gets 503).
 */
public final class SourceServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SourceServer.class);
  private static final int THREADS = 4;
  private static final int MAX_IN_FLIGHT = 256;

  private final long seed;
  private final SeededLatency latency;
  private final HttpServer server;
  private final ScheduledThreadPoolExecutor threads;
  private final Semaphore slots = new Semaphore(MAX_IN_FLIGHT);
  private final Map<String, State> states;

  /** What changes about a source while the server runs. */
  private static final class State {
    private final Source source;
    private final AtomicLong requests = new AtomicLong();
    private volatile boolean failing;

    State(Source source) {
      this.source = source;
    }
  }

  private SourceServer(long seed, SeededLatency latency, HttpServer server) {
    this.seed = seed;
    this.latency = latency;
    this.server = server;
    this.threads = new ScheduledThreadPoolExecutor(THREADS, SourceServer::thread);
    this.threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.states =
        Arrays.stream(Source.values())
            .collect(Collectors.toUnmodifiableMap(Source::path, State::new));
  }

  /**
   * Starts a server on a free port of the loopback interface.
   *
   * @throws IOException if no port can be bound
   */
  public static SourceServer start(long seed, SeededLatency latency) throws IOException {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer http = HttpServer.create(loopback, MAX_IN_FLIGHT);
    SourceServer server = new SourceServer(seed, latency, http);
    http.setExecutor(server.threads);
    http.createContext("/", server::handle);
    http.start();
    return server;
  }

  /** The names of the eight sources. */
  public static List<String> names() {
    return Arrays.stream(Source.values()).map(Source::path).toList();
  }

  /**
   * What a source knows, in a few words.
   *
   * @throws IllegalArgumentException if there is no such source
   */
  public String subject(String name) {
    return state(name).source.subject();
  }

  /** The port it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /**
   * The address of a source without its query; {@code ?q=…} belongs behind it.
   *
   * @throws IllegalArgumentException if there is no such source
   */
  public URI uri(String name) {
    return URI.create("http://127.0.0.1:" + port() + "/" + state(name).source.path());
  }

  /** Lets a source answer 503 to every request until it {@link #recover recovers}. */
  public void fail(String name) {
    state(name).failing = true;
  }

  /** Lets a source answer again. */
  public void recover(String name) {
    state(name).failing = false;
  }

  /** How many requests reached a source since the start, refused and failed ones included. */
  public long requests(String name) {
    return state(name).requests.get();
  }

  /** How many requests reached all sources since the start. */
  public long requests() {
    return states.values().stream().mapToLong(state -> state.requests.get()).sum();
  }

  /**
   * How long the answer to {@code rawQuery} takes.
   *
   * @param rawQuery the query part of the address as sent, without the question mark
   */
  public Duration latency(String name, String rawQuery) {
    return latency.draw(random(state(name).source, SourceQuery.parse(rawQuery)));
  }

  /** Stops at once; answers still waiting are not given. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private State state(String name) {
    State state = states.get(name);
    if (state == null) {
      throw new IllegalArgumentException(
          "no source is called '" + name + "', there are " + String.join(", ", names()));
    }
    return state;
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    State state = states.get(path.startsWith("/") ? path.substring(1) : path);
    if (state == null) {
      refuse(exchange, 404, "no source at " + path + ", there are " + String.join(", ", names()));
      return;
    }
    state.requests.incrementAndGet();
    if (!exchange.getRequestMethod().equals("GET")) {
      exchange.getResponseHeaders().set("Allow", "GET");
      refuse(exchange, 405, "a source answers GET only");
      return;
    }
    if (state.failing) {
      refuse(exchange, 503, "the source " + state.source.path() + " is switched to fail");
      return;
    }
    SourceQuery query;
    try {
      query = SourceQuery.parse(exchange.getRequestURI().getRawQuery());
    } catch (IllegalArgumentException e) {
      refuse(exchange, 400, String.valueOf(e.getMessage()));
      return;
    }
    if (!slots.tryAcquire()) {
      refuse(exchange, 503, "more than " + MAX_IN_FLIGHT + " requests at once");
      return;
    }
    answerLater(exchange, state.source, query);
  }

  private void answerLater(HttpExchange exchange, Source source, SourceQuery query) {
    RandomGenerator random = random(source, query);
    Duration delay = latency.draw(random);
    // Never cancelled alone: closing the server drops it.
    var unused =
        threads.schedule(
            () -> {
              try {
                send(exchange, 200, source.answer(query.text(), random));
              } catch (IOException gone) {
                LOG.debug("the caller of {} did not wait for the answer", source.path(), gone);
              } finally {
                slots.release();
              }
            },
            delay.toNanos(),
            TimeUnit.NANOSECONDS);
  }

  private RandomGenerator random(Source source, SourceQuery query) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(query.hash(seed, source.path()));
  }

  private static void refuse(HttpExchange exchange, int status, String message) throws IOException {
    send(exchange, status, JsonNodeFactory.instance.objectNode().put("error", message));
  }

  private static void send(HttpExchange exchange, int status, ObjectNode body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    try (exchange) {
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "demo-source");
    thread.setDaemon(true);
    return thread;
  }
}
