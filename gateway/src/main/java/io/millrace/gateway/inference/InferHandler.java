package io.millrace.gateway.inference;

import io.millrace.events.InferenceResult;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** {@code POST …/infer}: reads the request and answers with the outputs in the form asked for. */
final class InferHandler implements Handler<RoutingContext> {
  private static final String JSON_LENGTH = "Inference-Header-Content-Length";

  private final Inference inference;
  private final Models models;

  InferHandler(Inference inference, Models models) {
    this.inference = inference;
    this.models = models;
  }

  @Override
  public void handle(RoutingContext routing) {
    TargetSpec model = models.callable(routing);
    Buffer body = Gate.body(routing);
    String jsonLength = routing.request().getHeader(JSON_LENGTH);
    inference
        .run(body.length(), () -> read(model, jsonLength, body.getBytes()))
        .onSuccess(request -> answer(routing, model, request))
        .onFailure(routing::fail);
  }

  private void answer(RoutingContext routing, TargetSpec model, InferRequest request) {
    String version = Models.version(routing);
    if (InferStream.wanted(routing)) {
      try {
        inference.stream(routing, model, version, request);
      } catch (Refusal refusal) {
        routing.fail(refusal);
      }
      return;
    }
    inference
        .ask(routing, model, version, request)
        .compose(result -> response(model, request, result))
        .onSuccess(response -> send(routing, response))
        .onFailure(routing::fail);
  }

  private InferRequest read(TargetSpec model, @Nullable String jsonLength, byte[] body) {
    int length = body.length;
    if (jsonLength != null) {
      try {
        length = Integer.parseInt(jsonLength.trim());
      } catch (NumberFormatException e) {
        length = -1;
      }
      if (length < 0 || length > body.length) {
        throw Wrong.request(
            "the header %s is '%s', expected the length of the JSON, at most the %d bytes of the body"
                .formatted(JSON_LENGTH, jsonLength, body.length));
      }
      if (length == 0) {
        return Signature.raw(model, body);
      }
    }
    InferRequest request = InferRequestReader.read(body, length, inference.bytesMax());
    Signature.check(model, request);
    return request;
  }

  private Future<InferResponse> response(
      TargetSpec model, InferRequest request, InferenceResult result) {
    int bytes = result.getOutputs().stream().mapToInt(o -> o.getData().remaining()).sum();
    return inference.run(bytes, () -> InferResponse.of(model.getName(), request, result));
  }

  private static void send(RoutingContext routing, InferResponse response) {
    if (response.binary()) {
      routing.response().putHeader(JSON_LENGTH, String.valueOf(response.jsonLength()));
    }
    Answers.send(
        routing,
        200,
        response.binary() ? "application/octet-stream" : Answers.JSON_TYPE,
        response.body());
  }
}
