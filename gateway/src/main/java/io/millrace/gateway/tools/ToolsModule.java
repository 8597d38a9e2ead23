package io.millrace.gateway.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.PlannedResult;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.GatewayModule;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Caller;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.JsonBody;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.Exchange;
import io.millrace.gateway.log.Outcomes;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.json.RecordJsonException;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * {@code POST /v1/tools/{tool}/calls} and {@code POST /v1/plans}: run tools and wait for the
 * result.
 *
 * <p>The body of a call is its arguments. The body of a plan is a ToolPlan whose calls may have
 * their arguments as JSON instead of text. A client that goes away calls its operation off.
 */
public final class ToolsModule implements GatewayModule {

  /** For the service loader. */
  public ToolsModule() {}

  @Override
  public void routes(Router router, GatewayContext context) {
    router.post("/v1/tools/:tool/calls").handler(routing -> call(routing, context));
    router.post("/v1/plans").handler(routing -> plan(routing, context));
  }

  private static void call(RoutingContext routing, GatewayContext context) {
    Caller caller = Caller.of(routing.request().headers(), context.config().deadlineMax());
    String tool = routing.pathParam("tool");
    Instant now = context.clock().instant();
    Buffer body = Gate.body(routing);
    Instant deadline =
        now.plus(
            caller
                .timeout()
                .or(() -> context.log().targets().find("tool:" + tool).map(ToolsModule::declared))
                .orElse(context.config().deadline()));
    ToolCall request =
        ToolCall.newBuilder()
            .setId(context.log().newId())
            .setTenant(caller.tenant())
            .setCorrelationId(caller.correlationId())
            .setTraceparent(caller.traceparent())
            .setOccurredAt(now)
            .setTarget(tool)
            .setTargetVersion(routing.request().getParam("version"))
            .setArguments(body.length() == 0 ? "{}" : body.toString(StandardCharsets.UTF_8))
            .setDeadlineAt(deadline)
            .setReplyPartition(context.log().replyPartition(Exchange.CALLS))
            .build();
    context
        .ask(routing, Exchange.CALLS, request.getId(), caller.tenant(), request, deadline)
        .onSuccess(result -> answer(routing, result))
        .onFailure(routing::fail);
  }

  private static Duration declared(TargetSpec target) {
    return Duration.ofMillis(target.getDeadlineMs());
  }

  private static void answer(RoutingContext routing, ToolResult result) {
    ObjectNode json = RecordJson.toJson(result);
    json.set("output", RecordJson.parsed(result.getOutput()));
    Outcomes.describe(json, result.getOutcome(), result.getFailure());
    Answers.json(routing, Outcomes.status(result.getOutcome(), result.getFailure()), json);
  }

  private static void plan(RoutingContext routing, GatewayContext context) {
    Caller caller = Caller.of(routing.request().headers(), context.config().deadlineMax());
    Instant now = context.clock().instant();
    Instant deadline = now.plus(caller.timeout().orElse(context.config().deadline()));
    Buffer body = Gate.body(routing);
    context
        .vertx()
        .executeBlocking(() -> read(body, context.log().newId()), false)
        .compose(
            plan -> {
              plan.setTenant(caller.tenant());
              plan.setCorrelationId(caller.correlationId());
              plan.setTraceparent(caller.traceparent());
              plan.setOccurredAt(now);
              plan.setDeadlineAt(deadline);
              plan.setReplyPartition(context.log().replyPartition(Exchange.PLANS));
              return context.ask(
                  routing, Exchange.PLANS, plan.getId(), caller.tenant(), plan, deadline);
            })
        .onSuccess(result -> answer(routing, result))
        .onFailure(routing::fail);
  }

  private static ToolPlan read(Buffer body, String id) {
    if (!(JsonBody.read(body) instanceof ObjectNode plan)) {
      throw Refusal.wrong("PLAN_INVALID", "Expected a plan: {\"calls\": [{…}, …]}.");
    }
    for (JsonNode call : plan.path("calls")) {
      if (call instanceof ObjectNode fields) {
        for (String name : List.of("arguments", "default_output")) {
          JsonNode value = fields.path(name);
          if (value.isContainerNode()) {
            fields.put(name, value.toString());
          }
        }
      }
    }
    plan.put("id", id);
    try {
      return RecordJson.fromJson(plan, ToolPlan.class);
    } catch (RecordJsonException e) {
      throw Refusal.wrong("PLAN_INVALID", String.join("; ", e.problems()));
    }
  }

  private static void answer(RoutingContext routing, ToolPlanResult result) {
    ObjectNode json = RecordJson.toJson(result);
    List<PlannedResult> calls = result.getCalls();
    for (int i = 0; i < calls.size(); i++) {
      ObjectNode call = (ObjectNode) json.withArray("calls").get(i);
      call.set("output", RecordJson.parsed(calls.get(i).getOutput()));
    }
    Outcomes.describe(json, result.getOutcome(), result.getFailure());
    Answers.json(routing, Outcomes.status(result.getOutcome(), result.getFailure()), json);
  }
}
