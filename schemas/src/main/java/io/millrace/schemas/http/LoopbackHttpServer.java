package io.millrace.schemas.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP server on 127.0.0.1 with bounded threads, waiting requests and bodies, over the JDK's.
 *
 * <p>A request that finds every thread busy and the queue full has its connection closed.
 */
public final class LoopbackHttpServer implements AutoCloseable {

  private static final int THREADS = 4;
  private static final int WAITING = 256;

  static {
    // Read once, when the JDK's server is first used. Without the first, each kept-alive answer
    // waits 40 ms for the peer's delayed acknowledgement; without the others, a client that sends
    // or reads nothing holds a thread for ever (in seconds).
    setDefault("sun.net.httpserver.nodelay", "true");
    setDefault("sun.net.httpserver.maxReqTime", "30");
    setDefault("sun.net.httpserver.maxRspTime", "60");
  }

  private final HttpServer server;
  private final ThreadPoolExecutor threads;

  private LoopbackHttpServer(HttpServer server, ThreadPoolExecutor threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Binds the port and answers every request with the handler.
   *
   * @param name what serves here, for messages and thread names
   * @param port 1 to 65535, or 0 for any free one
   * @throws PortInUseException when another program holds the port
   */
  public static LoopbackHttpServer start(String name, int port, HttpHandler handler) {
    HttpServer server;
    try {
      InetAddress loopback = InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1});
      server = HttpServer.create(new InetSocketAddress(loopback, port), 64);
    } catch (BindException e) {
      throw new PortInUseException(name, port, e);
    } catch (IOException e) {
      throw new UncheckedIOException("The " + name + " could not open its port " + port, e);
    }
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, name + "-http-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    server.setExecutor(threads);
    server.createContext("/", handler);
    server.start();
    return new LoopbackHttpServer(server, threads);
  }

  /** The bound port; never 0. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** Where it is reached, such as {@code http://127.0.0.1:8081}. */
  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /** Takes no new requests, gives those running up to a second, frees the port. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      threads.awaitTermination(Duration.ofSeconds(1).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.stop(0);
    threads.shutdownNow();
  }

  /**
   * The body, or nothing when it is longer than the limit.
   *
   * @param limitBytes the longest body taken
   */
  public static Optional<byte[]> body(HttpExchange exchange, int limitBytes) throws IOException {
    InputStream in = exchange.getRequestBody();
    byte[] body = in.readNBytes(limitBytes + 1);
    return body.length > limitBytes ? Optional.empty() : Optional.of(body);
  }

  /** Answers with that body and ends the exchange. */
  public static void answer(HttpExchange exchange, int status, String contentType, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    boolean bodiless = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, bodiless || body.length == 0 ? -1 : body.length);
    if (!bodiless && body.length > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
    exchange.close();
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
