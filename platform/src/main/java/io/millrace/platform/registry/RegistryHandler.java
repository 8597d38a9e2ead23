package io.millrace.platform.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.millrace.schemas.http.LoopbackHttpServer;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns HTTP exchanges into {@link RegistryRequest}s and answers or refusals into JSON. */
final class RegistryHandler implements HttpHandler {

  /** Longer than any schema that a record of the schema topic can hold. */
  static final int BODY_BYTES_MAX = 2 * 1024 * 1024;

  static final String V1_JSON = "application/vnd.schemaregistry.v1+json";
  private static final List<String> CONTENT_TYPES =
      List.of(
          V1_JSON,
          "application/vnd.schemaregistry+json",
          "application/json",
          "application/octet-stream");

  private static final Logger LOG = LoggerFactory.getLogger(RegistryHandler.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RegistryRoutes routes;

  RegistryHandler(RegistryRoutes routes) {
    this.routes = routes;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    int status = 200;
    byte[] answer;
    try {
      JsonNode result = routes.answer(request(exchange));
      answer = JSON.writeValueAsBytes(result);
    } catch (RegistryException e) {
      status = e.status();
      answer = error(e.code(), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.warn("{} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
      status = 500;
      answer = error(50001, "The registry failed on this request; its log says why.");
    }
    LoopbackHttpServer.answer(exchange, status, V1_JSON, answer);
  }

  private static RegistryRequest request(HttpExchange exchange) throws IOException {
    requireAcceptable(exchange.getRequestHeaders().getFirst("Accept"));
    Optional<byte[]> body = LoopbackHttpServer.body(exchange, BODY_BYTES_MAX);
    if (body.isEmpty()) {
      throw RegistryException.http(
          413,
          "The body is longer than " + BODY_BYTES_MAX + " bytes, the most this registry takes.");
    }
    if (body.get().length > 0) {
      requireJson(exchange.getRequestHeaders().getFirst("Content-Type"));
    }
    return RegistryRequest.of(
        exchange.getRequestMethod(),
        exchange.getRequestURI().getRawPath(),
        exchange.getRequestURI().getRawQuery(),
        body.get());
  }

  private static void requireJson(@Nullable String contentType) {
    if (contentType != null && !CONTENT_TYPES.contains(mediaType(contentType))) {
      throw RegistryException.http(
          415, "HTTP 415 Unsupported Media Type: '" + contentType + "'; send " + V1_JSON + ".");
    }
  }

  private static void requireAcceptable(@Nullable String accept) {
    if (accept == null) {
      return;
    }
    for (String range : accept.split(",")) {
      String type = mediaType(range);
      if (type.equals("*/*") || type.equals("application/*") || CONTENT_TYPES.contains(type)) {
        return;
      }
    }
    throw RegistryException.http(
        406, "HTTP 406 Not Acceptable: '" + accept + "'; this registry answers " + V1_JSON + ".");
  }

  private static String mediaType(String header) {
    int parameters = header.indexOf(';');
    return (parameters < 0 ? header : header.substring(0, parameters))
        .trim()
        .toLowerCase(Locale.ROOT);
  }

  private static byte[] error(int code, String message) throws IOException {
    return JSON.writeValueAsBytes(
        JSON.createObjectNode().put("error_code", code).set("message", new TextNode(message)));
  }
}
