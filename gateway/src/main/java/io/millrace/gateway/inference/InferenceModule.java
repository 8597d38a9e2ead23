package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.GatewayModule;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.JsonBody;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.TargetTable;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * The REST side of the Open Inference Protocol v2 with Triton's extensions: health, metadata,
 * configuration, infer with binary tensors, statistics, the repository's index.
 *
 * <p>Models are those of the table of targets. What loads and unloads them is not here.
 */
public final class InferenceModule implements GatewayModule {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> MODEL =
      List.of("/v2/models/:model", "/v2/models/:model/versions/:version");
  private static final List<String> EXTENSIONS =
      List.of("binary_tensor_data", "model_configuration", "model_repository", "statistics");

  /** For the service loader. */
  public InferenceModule() {}

  @Override
  public void routes(Router router, GatewayContext context) {
    TargetTable targets = context.log().targets();
    Models models = new Models(targets);
    StatisticsTable statistics = new StatisticsTable(context.metrics());
    InferHandler infer = new InferHandler(context, models, statistics);
    router
        .get("/v2/health/live")
        .handler(routing -> Answers.json(routing, 200, NODES.objectNode().put("live", true)));
    router.get("/v2/health/ready").handler(routing -> ready(routing, context));
    router.get("/v2").handler(InferenceModule::server);
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
                  Answers.json(routing, 200, statistics.json(List.of(models.require(routing)))));
      router.post(model + "/infer").handler(infer);
    }
    router.post("/v2/repository/index").handler(routing -> index(routing, context));
    router.post("/v2/repository/models/:model/load").handler(InferenceModule::unmanaged);
    router.post("/v2/repository/models/:model/unload").handler(InferenceModule::unmanaged);
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

  private static void server(RoutingContext routing) {
    ObjectNode json = NODES.objectNode().put("name", "millrace").put("version", Version.OF_THIS);
    ArrayNode extensions = json.putArray("extensions");
    EXTENSIONS.forEach(extensions::add);
    Answers.json(routing, 200, json);
  }

  private static void index(RoutingContext routing, GatewayContext context) {
    Buffer body = Gate.body(routing);
    boolean readyOnly = body.length() > 0 && JsonBody.read(body).path("ready").asBoolean(false);
    ArrayNode index = NODES.arrayNode();
    for (TargetSpec model : context.log().targets().models()) {
      boolean ready = context.log().targets().ready(model, context.clock().instant());
      if (ready || !readyOnly) {
        index
            .addObject()
            .put("name", model.getName())
            .put("version", model.getVersion())
            .put("state", ready ? "READY" : "UNAVAILABLE")
            .put("reason", ready ? "" : "no worker of pool '" + model.getPool() + "' has it ready");
      }
    }
    Answers.json(routing, 200, index);
  }

  private static void unmanaged(RoutingContext routing) {
    throw new Refusal(
        501,
        "REPOSITORY_UNMANAGED",
        "failed to load or unload '%s': this gateway does not manage a repository; declare models with `millrace apply`."
            .formatted(routing.pathParam("model")));
  }
}
