package io.millrace.gateway;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Calls by gRPC, with messages as nothing but numbered fields: it knows no code of the gateway. */
public final class GrpcClient implements AutoCloseable {
  private static final String SERVICE = "/inference.GRPCInferenceService/";

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client =
      vertx.createHttpClient(
          new HttpClientOptions()
              .setProtocolVersion(HttpVersion.HTTP_2)
              .setHttp2ClearTextUpgrade(false));
  private final URI server;

  public GrpcClient(String url) {
    this.server = URI.create(url);
  }

  /** A reply; without a message if it is none. */
  public record Reply(int status, String error, UnknownFieldSet message) {}

  public Reply call(String method, byte[] message) throws Exception {
    return call(method, framed(message), Map.of());
  }

  /** Calls with a body as it is. */
  public Reply call(String method, Buffer body, Map<String, String> headers) throws Exception {
    return start(method, headers)
        .compose(
            request ->
                request
                    .send(body)
                    .compose(
                        response ->
                            response
                                .body()
                                .map(
                                    answer -> {
                                      String status = response.getTrailer("grpc-status");
                                      String error = response.getHeader("grpc-message");
                                      return new Reply(
                                          Integer.parseInt(
                                              status == null
                                                  ? response.getHeader("grpc-status")
                                                  : status),
                                          error == null
                                              ? ""
                                              : URLDecoder.decode(
                                                  error.replace("+", "%2B"),
                                                  StandardCharsets.UTF_8),
                                          parsed(answer));
                                    })))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  /** A call whose body is not sent yet. */
  public Future<HttpClientRequest> start(String method, Map<String, String> headers) {
    return client
        .request(HttpMethod.POST, server.getPort(), server.getHost(), SERVICE + method)
        .map(
            request -> {
              request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
              headers.forEach(request::putHeader);
              return request;
            });
  }

  public static Buffer framed(byte[] message) {
    return Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
  }

  private static UnknownFieldSet parsed(Buffer body) {
    try {
      return body.length() == 0
          ? UnknownFieldSet.getDefaultInstance()
          : UnknownFieldSet.parseFrom(body.getBytes(5, body.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A message of text by field number. */
  public static byte[] texts(Object... numbersAndTexts) {
    UnknownFieldSet.Builder message = UnknownFieldSet.newBuilder();
    for (int i = 0; i < numbersAndTexts.length; i += 2) {
      message.addField(
          (Integer) numbersAndTexts[i],
          Field.newBuilder()
              .addLengthDelimited(ByteString.copyFromUtf8((String) numbersAndTexts[i + 1]))
              .build());
    }
    return message.build().toByteArray();
  }

  /** A field that is a message or bytes, to be put behind others. */
  public static byte[] field(int number, byte[] value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeByteArray(number, value);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  public static byte[] join(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  public static String text(UnknownFieldSet message, int number) {
    return message.getField(number).getLengthDelimitedList().get(0).toStringUtf8();
  }

  public static List<String> textsOf(UnknownFieldSet message, int number) {
    return message.getField(number).getLengthDelimitedList().stream()
        .map(ByteString::toStringUtf8)
        .toList();
  }

  public static UnknownFieldSet message(UnknownFieldSet message, int number) throws IOException {
    return UnknownFieldSet.parseFrom(message.getField(number).getLengthDelimitedList().get(0));
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
