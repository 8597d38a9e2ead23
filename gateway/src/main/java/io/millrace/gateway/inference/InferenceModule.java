package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.GatewayModule;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Caller;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.JsonBody;
import io.millrace.gateway.log.TargetTable;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * The Open Inference Protocol v2 with Triton's extensions, by REST and by gRPC: health, metadata,
 * configuration, infer with binary tensors, statistics, the repository.
 */
public final class InferenceModule implements GatewayModule {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> MODEL =
      List.of("/v2/models/:model", "/v2/models/:model/versions/:version");

  /** For the service loader. */
  public InferenceModule() {}

  @Override
  public void routes(Router router, GatewayContext context) {
    TargetTable targets = context.log().targets();
    Models models = new Models(targets, context.clock());
    StatisticsTable statistics = new StatisticsTable(context.metrics());
    Inference inference = new Inference(context, statistics);
    Repository repository = new Repository(context);
    InferHandler infer = new InferHandler(inference, models);
    router
        .get("/v2/health/live")
        .handler(routing -> Answers.json(routing, 200, NODES.objectNode().put("live", true)));
    router.get("/v2/health/ready").handler(routing -> ready(routing, context));
    router.get("/v2").handler(routing -> Answers.json(routing, 200, ModelDocuments.server()));
    router
        .get("/v2/models/stats")
        .handler(routing -> Answers.json(routing, 200, statistics.json(targets.models())));
    for (String model : MODEL) {
      router
          .get(model)
          .handler(
              routing -> {
                TargetSpec found = models.require(routing);
                Answers.json(
                    routing,
                    200,
                    ModelDocuments.metadata(found, targets.versions(found.getName())));
              });
      router.get(model + "/ready").handler(routing -> ready(routing, context, models));
      router
          .get(model + "/config")
          .handler(
              routing ->
                  Answers.json(routing, 200, ModelDocuments.config(models.require(routing))));
      router
          .get(model + "/stats")
          .handler(
              routing ->
                  Answers.json(
                      routing,
                      200,
                      statistics.json(
                          models.all(routing.pathParam("model"), Models.version(routing)))));
      router.post(model + "/infer").handler(infer);
    }
    router
        .post("/v2/repository/index")
        .handler(
            routing ->
                Answers.json(
                    routing, 200, repository.index(body(routing).path("ready").asBoolean(false))));
    router
        .post("/v2/repository/models/:model/load")
        .handler(routing -> change(routing, context, repository::load));
    router
        .post("/v2/repository/models/:model/unload")
        .handler(routing -> change(routing, context, repository::unload));
    new GrpcDoor(context, inference, models, statistics, repository).routes(router);
  }

  private static void ready(RoutingContext routing, GatewayContext context) {
    boolean ready = context.log().isReady();
    Answers.json(routing, ready ? 200 : 503, NODES.objectNode().put("ready", ready));
  }

  private static void ready(RoutingContext routing, GatewayContext context, Models models) {
    TargetSpec model = models.require(routing);
    boolean ready = context.log().targets().ready(model, context.clock().instant());
    Answers.json(
        routing,
        ready ? 200 : 503,
        NODES.objectNode().put("name", model.getName()).put("ready", ready));
  }

  /** Loads or unloads a model. */
  private interface Change {
    Future<Void> of(String model, JsonNode parameters, Caller caller);
  }

  private static void change(RoutingContext routing, GatewayContext context, Change change) {
    Caller caller = Caller.of(routing.request().headers(), context.config().deadlineMax());
    change
        .of(routing.pathParam("model"), body(routing).path("parameters"), caller)
        .onSuccess(done -> Answers.json(routing, 200, NODES.objectNode()))
        .onFailure(routing::fail);
  }

  private static JsonNode body(RoutingContext routing) {
    Buffer body = Gate.body(routing);
    return body.length() == 0 ? NODES.objectNode() : JsonBody.read(body);
  }
}
