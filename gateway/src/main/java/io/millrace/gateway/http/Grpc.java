package io.millrace.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * gRPC over HTTP/2, for calls of one message each way: takes the message out of a body that the
 * gate has read, and answers with a message or with a status.
 *
 * <p>A message is a byte that says whether it is compressed, four bytes of length and itself; the
 * status follows the answer as a trailer, or is among the headers where there is no answer (<a
 * href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over HTTP2</a>).
 */
public final class Grpc {
  private static final String TYPE = "application/grpc";
  private static final String STATUS = "grpc-status";
  private static final String MESSAGE = "grpc-message";
  private static final String ENCODING = "grpc-encoding";
  private static final String ACCEPTED = "grpc-accept-encoding";
  private static final String STATUS_KEY = "millrace.grpc.status";

  /** Not of gRPC: the stable name that errors have here. */
  private static final String CODE = "error-code";

  private static final int PREFIX_BYTES = 5;
  private static final int MESSAGE_BYTES_MAX = 2_048;

  private Grpc() {}

  /** Whether a request is a call by gRPC, and is to be answered so. */
  static boolean called(HttpServerRequest request) {
    String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
    return request.version() == HttpVersion.HTTP_2 && type != null && grpc(type);
  }

  private static boolean grpc(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.equals(TYPE) || lower.startsWith(TYPE + "+proto") || lower.startsWith(TYPE + ";");
  }

  /** The name of the status that a call was answered with; null: it was no call, or is none yet. */
  static @Nullable String status(RoutingContext routing) {
    return routing.get(STATUS_KEY);
  }

  /**
   * The one message of a call, decompressed.
   *
   * @param bytesMax the most bytes that it may have
   * @throws Refusal if the request is no call by gRPC, or its body is not one message
   */
  public static byte[] message(RoutingContext routing, int bytesMax) {
    HttpServerRequest request = routing.request();
    if (!called(request)) {
      throw new Refusal(
          415,
          "GRPC_EXPECTED",
          "This is called by gRPC: HTTP/2 and the header Content-Type: application/grpc.");
    }
    Buffer body = Gate.body(routing);
    long length = body.length() < PREFIX_BYTES ? -1 : body.getUnsignedInt(1);
    if (length != body.length() - PREFIX_BYTES) {
      throw Refusal.wrong(
          "GRPC_MESSAGE_INVALID",
          "the call: expected one message of gRPC, but "
              + (length < 0
                  ? body.length() + " bytes are given"
                  : "%d bytes are declared and %d are given"
                      .formatted(length, body.length() - PREFIX_BYTES)));
    }
    byte[] message = body.getBytes(PREFIX_BYTES, body.length());
    return body.getByte(0) == 0
        ? message
        : inflated(routing, message, request.getHeader(ENCODING), bytesMax);
  }

  private static byte[] inflated(
      RoutingContext routing, byte[] message, @Nullable String encoding, int bytesMax) {
    if (!"gzip".equals(encoding)) {
      routing.response().putHeader(ACCEPTED, "gzip");
      throw new Refusal(
          501,
          "GRPC_ENCODING_UNKNOWN",
          "%s: '%s' is not read; expected gzip or identity".formatted(ENCODING, encoding));
    }
    ByteArrayOutputStream inflated = new ByteArrayOutputStream();
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(message))) {
      byte[] chunk = new byte[16 << 10];
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        if (inflated.size() + read > bytesMax) {
          throw new Refusal(
              413,
              "MESSAGE_TOO_LARGE",
              "The message is longer than %d bytes once it is decompressed; send less at once, or raise request.bytes.max."
                  .formatted(bytesMax));
        }
        Gate.hold(routing, read);
        inflated.write(chunk, 0, read);
      }
    } catch (IOException e) {
      throw Refusal.wrong(
          "GRPC_MESSAGE_INVALID", "the call: its message is no gzip: " + e.getMessage());
    }
    return inflated.toByteArray();
  }

  /** Room at the beginning of an answer, for {@link #answer}. */
  public static Buffer frame(int messageBytes) {
    return Buffer.buffer(PREFIX_BYTES + messageBytes).appendByte((byte) 0).appendInt(messageBytes);
  }

  /**
   * Answers with a message.
   *
   * @param framed what {@link #frame} gave, with the message behind it
   */
  public static void answer(RoutingContext routing, Buffer framed) {
    routing.put(STATUS_KEY, GrpcStatus.OK.name());
    Answers.deliver(
        routing,
        response ->
            response.putHeader(HttpHeaders.CONTENT_TYPE, TYPE).putTrailer(STATUS, "0").end(framed));
  }

  /** Answers a call with what a refusal says. */
  static void refuse(RoutingContext routing, Refusal refusal) {
    GrpcStatus status = GrpcStatus.of(refusal);
    routing.put(STATUS_KEY, status.name());
    Answers.deliver(routing, response -> refuse(response, status, refusal));
  }

  private static Future<Void> refuse(
      HttpServerResponse response, GrpcStatus status, Refusal refusal) {
    return response
        .putHeader(HttpHeaders.CONTENT_TYPE, TYPE)
        .putHeader(STATUS, String.valueOf(status.number()))
        .putHeader(MESSAGE, encoded(refusal.message()))
        .putHeader(CODE, refusal.code())
        .end();
  }

  /** Percent-encoded, as gRPC has its messages; what is too long for a header is cut. */
  static String encoded(String message) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
      if (encoded.length() >= MESSAGE_BYTES_MAX) {
        break;
      }
      if (b >= ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(String.format(Locale.ROOT, "%02X", b & 0xFF));
      }
    }
    return encoded.toString();
  }
}
