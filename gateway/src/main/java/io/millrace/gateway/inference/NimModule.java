package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.GatewayModule;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Scrape;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** What those who run NVIDIA NIM ask a server about itself, under {@code /v1}. */
public final class NimModule implements GatewayModule {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** For the service loader. */
  public NimModule() {}

  @Override
  public void routes(Router router, GatewayContext context) {
    router.get("/v1/health/live").handler(routing -> health(routing, true, "live"));
    router
        .get("/v1/health/ready")
        .handler(routing -> health(routing, context.log().isReady(), "ready"));
    router.get("/v1/models").handler(routing -> models(routing, context));
    router.get("/v1/metadata").handler(routing -> metadata(routing, context));
    router
        .get("/v1/version")
        .handler(
            routing ->
                Answers.json(
                    routing,
                    200,
                    NODES.objectNode().put("release", Version.OF_THIS).put("api", "v1")));
    router.get("/v1/metrics").handler(new Scrape(context.metrics()));
  }

  private static void health(RoutingContext routing, boolean well, String status) {
    Answers.json(
        routing,
        well ? 200 : 503,
        NODES
            .objectNode()
            .put("object", "health.response")
            .put("message", well ? "Service is " + status + "." : "Service is not " + status + ".")
            .put("status", well ? status : "not " + status));
  }

  private static void models(RoutingContext routing, GatewayContext context) {
    ObjectNode json = NODES.objectNode().put("object", "list");
    ArrayNode data = json.putArray("data");
    context.log().targets().models().stream()
        .map(TargetSpec::getName)
        .distinct()
        .forEach(
            name ->
                data.addObject()
                    .put("id", name)
                    .put("object", "model")
                    .put("created", 0)
                    .put("owned_by", "millrace"));
    Answers.json(routing, 200, json);
  }

  private static void metadata(RoutingContext routing, GatewayContext context) {
    ObjectNode json = NODES.objectNode().put("version", Version.OF_THIS);
    ArrayNode info = json.putArray("modelInfo");
    for (TargetSpec model : context.log().targets().models()) {
      info.addObject()
          .put("shortName", model.getName() + ":" + model.getVersion())
          .put("modelUrl", model.getModel() == null ? "" : model.getModel().getUri());
    }
    json.putArray("assetInfo");
    json.putArray("licenseInfo");
    Answers.json(routing, 200, json);
  }
}
