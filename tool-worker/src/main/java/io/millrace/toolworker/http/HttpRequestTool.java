package io.millrace.toolworker.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.events.HttpTool;
import io.millrace.toolworker.CallContext;
import io.millrace.toolworker.Tool;
import io.millrace.toolworker.ToolException;
import io.millrace.toolworker.template.Json;
import io.millrace.toolworker.template.Template;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A tool that is one HTTP request; holds no thread while it waits. Redirects are answers like any
 * other.
 */
public final class HttpRequestTool implements Tool {

  private static final int RESPONSE_BYTES_DEFAULT = 1 << 20;
  private static final int RESPONSE_BYTES_MAX = 16 << 20;
  private static final int EXCERPT_CHARS = 300;
  private static final Pattern METHOD = Pattern.compile("[A-Z]{1,20}");
  private static final Pattern CONTROL_CHARACTERS =
      Pattern.compile("[\\x00-\\x08\\x0A-\\x1F\\x7F]");
  private static final Pattern CHARSET =
      Pattern.compile("charset=\"?([A-Za-z0-9._:-]+)", Pattern.CASE_INSENSITIVE);
  private static final String CONTENT_TYPE = "content-type";

  private final String name;
  private final HttpClient client;
  private final Template.Environment environment;
  private final String method;
  private final UrlTemplate url;
  private final Map<String, Template> headers = new LinkedHashMap<>();
  private final RequestBody body;
  private final boolean typed;
  private final int responseBytesMax;

  /**
   * Reads the declaration.
   *
   * @param name of the target, for messages
   * @param declaration the request
   * @param client must not follow redirects
   * @param environment what {@code ${env:NAME}} in headers is read from
   * @throws ToolException with code {@code TARGET_INVALID} if the declaration does not do
   */
  public HttpRequestTool(
      String name, HttpTool declaration, HttpClient client, Template.Environment environment) {
    this.name = name;
    this.client = client;
    this.environment = environment;
    this.method = declaration.getMethod().toUpperCase(Locale.ROOT);
    if (!METHOD.matcher(method).matches()) {
      throw ToolException.declaration(
          "'%s' is no HTTP method; use GET, POST, PUT, PATCH or DELETE"
              .formatted(declaration.getMethod()));
    }
    this.url = new UrlTemplate(declaration.getUrl());
    String contentType = "";
    for (Map.Entry<String, String> header : declaration.getHeaders().entrySet()) {
      checkHeader(header.getKey());
      headers.put(header.getKey(), Template.of(header.getValue()));
      if (header.getKey().equalsIgnoreCase(CONTENT_TYPE)) {
        contentType = header.getValue();
      }
    }
    this.typed = !contentType.isEmpty();
    this.body = new RequestBody(method, declaration.getBody(), contentType, url.names());
    int declared = declaration.getResponseBytesMax();
    this.responseBytesMax =
        declared <= 0 ? RESPONSE_BYTES_DEFAULT : Math.min(declared, RESPONSE_BYTES_MAX);
  }

  private static void checkHeader(String header) {
    try {
      // The client knows which names are not allowed.
      HttpRequest.newBuilder().header(header, "x");
    } catch (IllegalArgumentException e) {
      throw ToolException.declaration(
          "The header '%s' cannot be set: %s".formatted(header, e.getMessage()));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public CompletionStage<? extends @Nullable JsonNode> call(
      ObjectNode arguments, CallContext context) {
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request(arguments), info -> new CappedBody(responseBytesMax));
    context.cancellation().onCancel(() -> exchange.cancel(true));
    return exchange.handle(this::output);
  }

  private HttpRequest request(ObjectNode arguments) {
    HttpRequest.Builder request = HttpRequest.newBuilder(url.fill(arguments));
    headers.forEach(
        (header, template) -> request.setHeader(header, header(header, template, arguments)));
    String content = body.fill(arguments);
    if (content == null) {
      request.method(method, BodyPublishers.noBody());
    } else {
      if (!typed) {
        request.setHeader(CONTENT_TYPE, body.defaultContentType());
      }
      request.method(method, BodyPublishers.ofString(content));
    }
    return request.build();
  }

  private String header(String header, Template template, ObjectNode arguments) {
    String value = template.fill(arguments, text -> text, environment);
    if (CONTROL_CHARACTERS.matcher(value).find()) {
      throw ToolException.arguments(
          "The header '%s' would contain a line end or another control character"
              .formatted(header));
    }
    return value;
  }

  private @Nullable JsonNode output(
      @Nullable HttpResponse<byte[]> response, @Nullable Throwable failure) {
    if (response == null) {
      throw failed(failure);
    }
    int status = response.statusCode();
    String type = response.headers().firstValue(CONTENT_TYPE).orElse("").toLowerCase(Locale.ROOT);
    String text = new String(response.body(), charset(type));
    if (status < 200 || status > 299) {
      throw new ToolException(
          "HTTP_" + status,
          "%s %s answered %d%s"
              .formatted(
                  method,
                  response.uri().getHost(),
                  status,
                  text.isBlank() ? "" : ": " + excerpt(text)),
          status == 408 || status == 425 || status == 429 || status >= 500);
    }
    if (type.isEmpty() || type.contains("json")) {
      return Json.output(text);
    }
    return text.isEmpty() ? null : TextNode.valueOf(text);
  }

  private static Charset charset(String contentType) {
    Matcher charset = CHARSET.matcher(contentType);
    try {
      return charset.find() ? Charset.forName(charset.group(1)) : StandardCharsets.UTF_8;
    } catch (IllegalArgumentException e) {
      return StandardCharsets.UTF_8;
    }
  }

  private static String excerpt(String text) {
    return text.length() <= EXCERPT_CHARS ? text : text.substring(0, EXCERPT_CHARS) + "…";
  }

  private static ToolException failed(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof ToolException tool) {
        return tool;
      }
      if (each instanceof ConnectException || each instanceof HttpConnectTimeoutException) {
        return new ToolException("CONNECT_FAILED", "No connection: " + described(each), true);
      }
    }
    String code = cause instanceof IOException ? "HTTP_FAILED" : "REQUEST_FAILED";
    return new ToolException(
        code, "The request failed: " + (cause == null ? "no cause" : described(cause)), true);
  }

  private static String described(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
  }
}
