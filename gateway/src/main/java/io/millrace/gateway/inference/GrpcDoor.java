package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.InferenceResult;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.http.Caller;
import io.millrace.gateway.http.Grpc;
import io.millrace.gateway.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * The service {@code inference.GRPCInferenceService}: the same answers as by REST, in the messages
 * of open_inference.proto.
 */
final class GrpcDoor {
  private static final String SERVICE = "/inference.GRPCInferenceService/";
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final GatewayContext context;
  private final Inference inference;
  private final Models models;
  private final StatisticsTable statistics;
  private final Repository repository;

  GrpcDoor(
      GatewayContext context,
      Inference inference,
      Models models,
      StatisticsTable statistics,
      Repository repository) {
    this.context = context;
    this.inference = inference;
    this.models = models;
    this.statistics = statistics;
    this.repository = repository;
  }

  /** Adds a route for each method. */
  void routes(Router router) {
    // The gate lets these two in always, and does not read their empty messages.
    router
        .post(SERVICE + "ServerLive")
        .handler(
            routing ->
                answer(
                    routing,
                    ProtoDocuments.SERVER_LIVE_RESPONSE,
                    NODES.objectNode().put("live", true)));
    router
        .post(SERVICE + "ServerReady")
        .handler(
            routing ->
                answer(
                    routing,
                    ProtoDocuments.SERVER_READY_RESPONSE,
                    NODES.objectNode().put("ready", context.log().isReady())));
    method(
        router,
        "ServerMetadata",
        ProtoDocuments.EMPTY,
        ProtoDocuments.SERVER_METADATA_RESPONSE,
        asked -> ModelDocuments.server());
    ofModel(
        router,
        "ModelReady",
        ProtoDocuments.SERVER_READY_RESPONSE,
        model ->
            NODES
                .objectNode()
                .put("ready", context.log().targets().ready(model, context.clock().instant())));
    ofModel(
        router,
        "ModelMetadata",
        ProtoDocuments.MODEL_METADATA_RESPONSE,
        model -> ModelDocuments.metadata(model, context.log().targets().versions(model.getName())));
    ofModel(
        router,
        "ModelConfig",
        ProtoDocuments.MODEL_CONFIG_RESPONSE,
        model -> NODES.objectNode().set("config", ModelDocuments.config(model)));
    method(
        router,
        "ModelStatistics",
        ProtoDocuments.MODEL_REQUEST,
        ProtoDocuments.MODEL_STATISTICS_RESPONSE,
        asked ->
            statistics.json(
                asked.path("name").asText().isEmpty()
                    ? context.log().targets().models()
                    : models.all(asked.path("name").asText(), version(asked))));
    method(
        router,
        "RepositoryIndex",
        ProtoDocuments.INDEX_REQUEST,
        ProtoDocuments.INDEX_RESPONSE,
        asked ->
            NODES.objectNode().set("models", repository.index(asked.path("ready").asBoolean())));
    router
        .post(SERVICE + "RepositoryModelLoad")
        .handler(routing -> change(routing, repository::load));
    router
        .post(SERVICE + "RepositoryModelUnload")
        .handler(routing -> change(routing, repository::unload));
    router.post(SERVICE + "ModelInfer").handler(this::infer);
    router
        .post(SERVICE + "ModelStreamInfer")
        .handler(
            routing ->
                routing.fail(
                    new Refusal(
                        501,
                        "STREAMS_UNSUPPORTED",
                        "ModelStreamInfer is not served; call ModelInfer for each request")));
  }

  /** What answers a request that is a document. */
  private interface Method {
    ObjectNode answer(JsonNode asked);
  }

  /** What is said of a model. */
  private interface Description {
    ObjectNode of(TargetSpec model);
  }

  private void method(
      Router router, String name, ProtoSchema request, ProtoSchema response, Method method) {
    router
        .post(SERVICE + name)
        .handler(routing -> answer(routing, response, method.answer(asked(routing, request))));
  }

  private void ofModel(Router router, String name, ProtoSchema response, Description description) {
    method(
        router,
        name,
        ProtoDocuments.MODEL_REQUEST,
        response,
        asked -> description.of(models.require(asked.path("name").asText(), version(asked))));
  }

  private ObjectNode asked(RoutingContext routing, ProtoSchema request) {
    return request.read("the request", Grpc.message(routing, inference.bytesMax()));
  }

  private static @Nullable String version(JsonNode asked) {
    String version = asked.path("version").asText();
    return version.isEmpty() ? null : version;
  }

  private static void answer(RoutingContext routing, ProtoSchema response, JsonNode document) {
    byte[] message = response.write(document);
    Grpc.answer(routing, Grpc.frame(message.length).appendBytes(message));
  }

  /** Loads or unloads a model. */
  private interface Change {
    Future<Void> of(String model, JsonNode parameters, Caller caller);
  }

  private void change(RoutingContext routing, Change change) {
    ObjectNode asked = asked(routing, ProtoDocuments.LOAD_REQUEST);
    change
        .of(
            asked.path("model_name").asText(),
            ProtoDocuments.parameters(asked.path("parameters")),
            Caller.of(routing.request().headers(), context.config().deadlineMax()))
        .onSuccess(done -> answer(routing, ProtoDocuments.EMPTY, NODES.objectNode()))
        .onFailure(routing::fail);
  }

  private void infer(RoutingContext routing) {
    byte[] message = Grpc.message(routing, inference.bytesMax());
    inference
        .run(message.length, () -> read(message))
        .compose(asked -> run(routing, asked))
        .onSuccess(framed -> Grpc.answer(routing, framed))
        .onFailure(routing::fail);
  }

  private record Infer(TargetSpec model, ProtoInferReader.Asked asked) {}

  private Infer read(byte[] message) {
    ProtoInferReader.Asked asked = ProtoInferReader.read(message, inference.bytesMax());
    if (asked.model().isEmpty()) {
      throw Wrong.field("model_name", "is missing");
    }
    TargetSpec model = models.callable(asked.model(), asked.version());
    Signature.check(model, asked.request());
    return new Infer(model, asked);
  }

  private Future<Buffer> run(RoutingContext routing, Infer infer) {
    InferRequest request = infer.asked.request();
    return inference
        .ask(routing, infer.model, infer.asked.version(), request)
        .compose(result -> framed(infer.model.getName(), request, result));
  }

  private Future<Buffer> framed(String model, InferRequest request, InferenceResult result) {
    int bytes = result.getOutputs().stream().mapToInt(o -> o.getData().remaining()).sum();
    return inference.run(bytes, () -> ProtoInferResponse.framed(model, request.id(), result));
  }
}
