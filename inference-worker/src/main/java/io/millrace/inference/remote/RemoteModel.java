package io.millrace.inference.remote;

import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.inference.ModelException;
import io.millrace.worker.task.Cancellation;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** One model of a remote server: asks the server for runs over HTTP and for its readiness. */
final class RemoteModel {
  private static final String JSON_LENGTH = "Inference-Header-Content-Length";
  private static final int JSON_BYTES_MAX = 1 << 20;
  private static final Duration CHECK_MAX = Duration.ofSeconds(5);

  private final TargetSpec declaration;
  private final HttpClient client;
  private final URI uri;
  private final int outputBytesMax;

  /**
   * A model.
   *
   * @param declaration whose model's URI is that of the model at the server
   * @param outputBytesMax the most bytes of its outputs
   */
  RemoteModel(TargetSpec declaration, HttpClient client, int outputBytesMax) {
    ModelSpec model = declaration.getModel();
    this.declaration = declaration;
    this.client = client;
    this.uri = URI.create(model == null ? "" : model.getUri());
    this.outputBytesMax = outputBytesMax;
  }

  /** As it was declared. */
  TargetSpec declaration() {
    return declaration;
  }

  /**
   * Asks the server whether the model can be run.
   *
   * @return done if it can; or fails with a {@link ModelException}
   */
  CompletableFuture<Void> check() {
    String model = uri.toString();
    int path = model.indexOf("/v2/models/");
    URI server = URI.create((path < 0 ? model : model.substring(0, path)) + "/v2");
    return get(URI.create(model + "/ready"))
        .thenCompose(ready -> get(server))
        .thenAccept(
            metadata -> {
              if (!new String(metadata.body(), StandardCharsets.UTF_8)
                  .contains("binary_tensor_data")) {
                throw new ModelException(
                    "REMOTE_UNSUPPORTED",
                    "%s does not say that it has the extension binary_tensor_data, which is needed"
                        .formatted(server),
                    true);
              }
            });
  }

  private CompletableFuture<HttpResponse<byte[]>> get(URI at) {
    return send(HttpRequest.newBuilder(at).timeout(CHECK_MAX).GET().build());
  }

  /**
   * Asks for a run.
   *
   * @param limit how long it may take
   * @param cancellation ends it
   * @return what it gave; or fails with a {@link ModelException}
   */
  CompletionStage<InferenceRun> run(
      InferenceWork work, List<Tensor> inputs, Duration limit, Cancellation cancellation) {
    OipMessages.Request request = OipMessages.request(work, inputs);
    long began = System.nanoTime();
    CompletableFuture<HttpResponse<byte[]>> answer =
        send(
            HttpRequest.newBuilder(URI.create(uri + "/infer"))
                .timeout(limit)
                .header("Content-Type", "application/octet-stream")
                .header(JSON_LENGTH, String.valueOf(request.json().length))
                .POST(body(request))
                .build());
    cancellation.onCancel(() -> answer.cancel(true));
    return answer.thenApply(
        response ->
            InferenceRun.newBuilder()
                .setOutputs(outputs(response))
                .setComputeMs((System.nanoTime() - began) / 1e6)
                .setBatchSize(1)
                .setDevice("remote")
                .setLast(true)
                .build());
  }

  private static BodyPublisher body(OipMessages.Request request) {
    long length = request.json().length;
    for (ByteBuffer tensor : request.tensors()) {
      length += tensor.remaining();
    }
    return BodyPublishers.fromPublisher(
        BodyPublishers.ofInputStream(
            () -> {
              List<InputStream> parts = new ArrayList<>();
              parts.add(new ByteArrayInputStream(request.json()));
              request.tensors().forEach(tensor -> parts.add(stream(tensor)));
              return new SequenceInputStream(Collections.enumeration(parts));
            }),
        length);
  }

  private static InputStream stream(ByteBuffer tensor) {
    if (tensor.hasArray()) {
      return new ByteArrayInputStream(
          tensor.array(), tensor.arrayOffset() + tensor.position(), tensor.remaining());
    }
    byte[] bytes = new byte[tensor.remaining()];
    tensor.duplicate().get(bytes);
    return new ByteArrayInputStream(bytes);
  }

  private static List<Tensor> outputs(HttpResponse<byte[]> response) {
    int length =
        response
            .headers()
            .firstValue(JSON_LENGTH)
            .map(text -> text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1)
            .orElse(response.body().length);
    return OipMessages.outputs(response.body(), length);
  }

  private CompletableFuture<HttpResponse<byte[]>> send(HttpRequest request) {
    CompletableFuture<HttpResponse<byte[]>> sent =
        client.sendAsync(request, info -> new CappedBytes(outputBytesMax + JSON_BYTES_MAX));
    CompletableFuture<HttpResponse<byte[]>> answer =
        sent.handle(
            (response, failure) -> {
              if (failure != null) {
                throw said(request.uri(), failure);
              }
              if (response.statusCode() != 200) {
                throw refused(response);
              }
              return response;
            });
    // Only the first stage ends the exchange when it is cancelled.
    answer.whenComplete(
        (response, failure) -> {
          if (answer.isCancelled()) {
            sent.cancel(true);
          }
        });
    return answer;
  }

  private static ModelException said(URI at, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ModelException known) {
      return known;
    }
    return cause instanceof HttpTimeoutException
        ? new ModelException("REMOTE_TIMEOUT", "%s did not answer in time".formatted(at), true)
        : new ModelException(
            "REMOTE_UNAVAILABLE", "%s cannot be reached: %s".formatted(at, cause), true);
  }

  private static ModelException refused(HttpResponse<byte[]> response) {
    int status = response.statusCode();
    String why = response.uri() + ": " + OipMessages.error(status, response.body());
    if (status == 429 || status == 503) {
      return new ModelException("REMOTE_OVERLOADED", why, true);
    }
    return status < 500
        ? new ModelException("REMOTE_REFUSED", why, false)
        : new ModelException("REMOTE_FAILED", why, true);
  }
}
