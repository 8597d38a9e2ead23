package io.millrace.topologies.plan.logic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.millrace.events.Failure;
import io.millrace.events.FailurePolicy;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ServedBy;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolResult;
import io.millrace.topologies.plan.logic.PlanGraph.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How one plan unfolds: which calls can be made now, what a result sets free, and when the plan has
 * ended.
 *
 * <p>A call is ready when all it depends on has ended, well or by its policy: after FAIL the plan
 * ends, after SKIP all that depends on the call is left out, after DEFAULT the default takes the
 * place of the output.
 */
public final class PlanRun {
  private final Map<String, Node> nodes;
  private int unended;
  private boolean stopped;
  private Outcome outcome = Outcome.OK;
  private @Nullable Failure failure;

  /**
   * Reads a plan.
   *
   * @throws PlanInvalid as {@link PlanGraph#read} says
   */
  public PlanRun(ToolPlan plan) throws PlanInvalid {
    nodes = PlanGraph.read(plan);
    unended = nodes.size();
  }

  /**
   * A call to make now.
   *
   * @param call as planned
   * @param arguments with references filled in, JSON text
   */
  public record Step(PlannedCall call, String arguments) {}

  /** The calls that wait for nothing; to be called once, first. */
  public List<Step> start() {
    Deque<Node> free = new ArrayDeque<>();
    for (Node node : nodes.values()) {
      if (node.waitsFor == 0 && node.result == null) {
        free.add(node);
      }
    }
    return make(free);
  }

  /**
   * Takes the result of a call.
   *
   * @return the calls that can be made now; none if the call was not waited for
   */
  public List<Step> onResult(ToolResult result) {
    Node node = nodes.get(result.getParentCall());
    if (node == null || node.result != null || !node.made || ended()) {
      return List.of();
    }
    PlannedResult end = new PlannedResult();
    end.setName(node.call.getName());
    end.setOperationId(result.getOperationId());
    end.setOutcome(result.getOutcome());
    end.setOutput(result.getOutput());
    end.setFailure(result.getFailure());
    end.setServedBy(result.getServedBy());
    end.setLatencyMs(result.getLatencyMs());
    Deque<Node> free = new ArrayDeque<>();
    end(node, end, free);
    return make(free);
  }

  /** Makes what is free, and what that sets free in turn; nothing once the plan has stopped. */
  private List<Step> make(Deque<Node> free) {
    List<Step> steps = new ArrayList<>();
    List<Node> made = new ArrayList<>();
    while (!stopped && !free.isEmpty()) {
      Node node = free.remove();
      if (node.result != null) {
        continue;
      }
      try {
        steps.add(new Step(node.call, node.template.fill(this::output)));
        node.made = true;
        made.add(node);
      } catch (PlanInvalid missing) {
        end(
            node,
            notMade(node, Outcome.REFUSED, new Failure(missing.code(), missing.reason())),
            free);
      }
    }
    if (stopped) {
      made.forEach(node -> node.made = false);
      return List.of();
    }
    return steps;
  }

  private void end(Node node, PlannedResult result, Deque<Node> free) {
    node.result = result;
    unended--;
    if (result.getOutcome() != Outcome.OK) {
      FailurePolicy policy = node.call.getOnFailure();
      switch (policy) {
        case SKIP -> {
          skipDependants(node);
          return;
        }
        case DEFAULT -> {
          String instead = node.call.getDefaultOutput();
          result.setOutput(instead == null ? "null" : instead);
        }
        case FAIL, UNKNOWN -> {
          Failure cause = result.getFailure();
          // Also after the last call: nothing is left to wait for, but the plan has failed.
          halt(
              result.getOutcome(),
              new Failure(
                  "CALL_FAILED",
                  "call '%s' ended %s%s"
                      .formatted(
                          node.call.getName(),
                          result.getOutcome(),
                          cause == null ? "" : ": " + cause.getMessage())));
          return;
        }
      }
    }
    for (Node dependant : node.dependants) {
      if (--dependant.waitsFor == 0 && dependant.result == null) {
        free.add(dependant);
      }
    }
  }

  private @Nullable JsonNode output(String name) {
    Node node = nodes.get(name);
    if (node == null || node.result == null) {
      return null;
    }
    if (node.output == null) {
      String text = node.result.getOutput();
      try {
        node.output = text == null ? NullNode.instance : Template.read(text);
      } catch (JsonProcessingException notJson) {
        return null;
      }
    }
    return node.output;
  }

  private void skipDependants(Node node) {
    Deque<Node> skipped = new ArrayDeque<>(node.dependants);
    while (!skipped.isEmpty()) {
      Node next = skipped.remove();
      if (next.result == null) {
        next.result =
            notMade(
                next,
                Outcome.SKIPPED,
                new Failure(
                    "SKIPPED", "call '%s' failed before it".formatted(node.call.getName())));
        unended--;
        skipped.addAll(next.dependants);
      }
    }
  }

  private static PlannedResult notMade(Node node, Outcome outcome, Failure why) {
    PlannedResult result = new PlannedResult();
    result.setName(node.call.getName());
    result.setOperationId("");
    result.setOutcome(outcome);
    result.setFailure(why);
    result.setServedBy(ServedBy.UNKNOWN);
    return result;
  }

  /**
   * Ends the plan now, such as at its deadline; what was made counts as cancelled, the rest as
   * skipped.
   */
  public void stop(Outcome why, Failure reason) {
    if (!ended()) {
      halt(why, reason);
    }
  }

  private void halt(Outcome why, Failure reason) {
    outcome = why;
    failure = reason;
    stopped = true;
  }

  /** Gives each call with each that it waits for. */
  void eachEdge(BiConsumer<PlannedCall, PlannedCall> edges) {
    nodes.values().forEach(node -> node.dependants.forEach(d -> edges.accept(d.call, node.call)));
  }

  /** Whether nothing is left to wait for. */
  public boolean ended() {
    return stopped || unended == 0;
  }

  /** Names of the calls that were made and have no result. */
  public List<String> outstanding() {
    return nodes.values().stream()
        .filter(node -> node.made && node.result == null)
        .map(node -> node.call.getName())
        .toList();
  }

  /** How the plan ended; OK until it has. */
  public Outcome outcome() {
    return outcome;
  }

  /** Why it did not succeed; null if it did. */
  public @Nullable Failure failure() {
    return failure;
  }

  /** How each call ended, in the plan's order. */
  public List<PlannedResult> results() {
    List<PlannedResult> results = new ArrayList<>(nodes.size());
    for (Node node : nodes.values()) {
      results.add(
          node.result != null
              ? node.result
              : notMade(
                  node,
                  node.made ? Outcome.CANCELLED : Outcome.SKIPPED,
                  new Failure("PLAN_ENDED", "the plan ended before it")));
    }
    return results;
  }
}
