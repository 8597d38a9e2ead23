package io.millrace.schemas.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a process serves about itself: {@code /metrics}, {@code /livez} and {@code /readyz}.
 *
 * <p>{@code /livez} answers 200 while the process answers at all; {@code /readyz} answers 200 when
 * every part is ready and 503 otherwise, with the parts as JSON either way.
 */
public final class AdminServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final String JSON_TYPE = "application/json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LoopbackHttpServer http;

  private AdminServer(LoopbackHttpServer http) {
    this.http = http;
  }

  /**
   * Starts serving on 127.0.0.1.
   *
   * @param port 1 to 65535, or 0 for any free one
   * @param metrics gives the meters as Prometheus' text format, version 0.0.4; asked as readiness
   *     is
   * @param readiness asked on each request to {@code /readyz}, by several threads; must not block
   * @throws PortInUseException when another program holds the port
   */
  public static AdminServer start(
      int port, Supplier<String> metrics, Supplier<Readiness> readiness) {
    return new AdminServer(
        LoopbackHttpServer.start(
            "admin server", port, exchange -> handle(exchange, metrics, readiness)));
  }

  /** The bound port; never 0. */
  public int port() {
    return http.port();
  }

  /** Where it is reached, such as {@code http://127.0.0.1:8080}. */
  public String url() {
    return http.url();
  }

  @Override
  public void close() {
    http.close();
  }

  private static void handle(
      HttpExchange exchange, Supplier<String> metrics, Supplier<Readiness> readiness)
      throws IOException {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      text(exchange, 405, "Only GET is answered here.\n");
      return;
    }
    try {
      switch (exchange.getRequestURI().getPath()) {
        case "/metrics" ->
            LoopbackHttpServer.answer(exchange, 200, PROMETHEUS, utf8(metrics.get()));
        case "/livez" -> text(exchange, 200, "ok\n");
        case "/readyz" -> {
          Readiness state = readiness.get();
          LoopbackHttpServer.answer(
              exchange,
              state.ready() ? 200 : 503,
              JSON_TYPE,
              JSON.writeValueAsBytes(state.toJson()));
        }
        default -> text(exchange, 404, "Here are /metrics, /livez and /readyz.\n");
      }
    } catch (RuntimeException e) {
      LOG.warn("{} could not be answered", exchange.getRequestURI().getPath(), e);
      text(exchange, 500, "The answer could not be made; the log says why.\n");
    }
  }

  private static void text(HttpExchange exchange, int status, String body) throws IOException {
    LoopbackHttpServer.answer(exchange, status, "text/plain; charset=utf-8", utf8(body));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
