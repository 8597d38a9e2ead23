package io.millrace.topologies.plan.logic;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ToolPlan;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a plan as the directed acyclic graph that it is: its edges are the references in arguments
 * and the names in {@code after}. Cycles are found by Kahn's algorithm (Communications of the ACM
 * 5, 1962).
 */
final class PlanGraph {
  /** Most calls in a plan. */
  static final int CALLS_MAX = 1_000;

  private static final int NAMES_SHOWN = 20;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private final Map<String, Node> nodes = new LinkedHashMap<>();

  private PlanGraph() {}

  /** One call of a plan, and how far it has come. */
  static final class Node {
    final PlannedCall call;
    final Template template;
    final List<Node> dependants = new ArrayList<>(2);

    /** How many calls before it have not ended. */
    int waitsFor;

    boolean made;
    @Nullable PlannedResult result;

    /** Its result's output, once that was asked for. */
    @Nullable JsonNode output;

    Node(PlannedCall call) throws PlanInvalid {
      this.call = call;
      this.template = Template.parse(call.getArguments());
    }
  }

  /**
   * The calls of a plan by name, in its order.
   *
   * @throws PlanInvalid if it has no calls or too many, names that are wrong or not unique,
   *     references to nothing, a cycle, or arguments with references that are not JSON (other
   *     arguments are the guard's to judge)
   */
  static Map<String, Node> read(ToolPlan plan) throws PlanInvalid {
    PlanGraph graph = new PlanGraph();
    graph.name(plan.getCalls());
    for (Node node : graph.nodes.values()) {
      graph.link(node);
    }
    graph.refuseCycles();
    return graph.nodes;
  }

  private void name(List<PlannedCall> calls) throws PlanInvalid {
    if (calls.isEmpty() || calls.size() > CALLS_MAX) {
      throw new PlanInvalid(
          "PLAN_INVALID",
          "the plan has %d calls; expected 1 to %d".formatted(calls.size(), CALLS_MAX));
    }
    for (PlannedCall call : calls) {
      if (!NAME.matcher(call.getName()).matches()) {
        throw new PlanInvalid(
            "PLAN_INVALID",
            "'%s' is no name for a call; expected 1 to 64 letters, digits, '_' or '-'"
                .formatted(call.getName()));
      }
      if (nodes.put(call.getName(), new Node(call)) != null) {
        throw new PlanInvalid("PLAN_INVALID", "two calls are named '%s'".formatted(call.getName()));
      }
    }
  }

  private void link(Node node) throws PlanInvalid {
    Set<String> before = new LinkedHashSet<>(node.template.calls());
    before.addAll(node.call.getAfter());
    for (String name : before) {
      Node other = nodes.get(name);
      if (other == null) {
        throw new PlanInvalid(
            "REFERENCE_DANGLING",
            "call '%s' refers to '%s', which is no call of the plan (calls: %s)"
                .formatted(
                    node.call.getName(),
                    name,
                    String.join(", ", nodes.keySet().stream().limit(NAMES_SHOWN).toList())));
      }
      other.dependants.add(node);
      node.waitsFor++;
    }
  }

  private void refuseCycles() throws PlanInvalid {
    Map<Node, Integer> waits = new LinkedHashMap<>();
    Deque<Node> free = new ArrayDeque<>();
    for (Node node : nodes.values()) {
      waits.put(node, node.waitsFor);
      if (node.waitsFor == 0) {
        free.add(node);
      }
    }
    while (!free.isEmpty()) {
      Node node = free.remove();
      waits.remove(node);
      for (Node dependant : node.dependants) {
        if (waits.merge(dependant, -1, Integer::sum) == 0) {
          free.add(dependant);
        }
      }
    }
    if (!waits.isEmpty()) {
      throw new PlanInvalid(
          "PLAN_CYCLE",
          "these calls wait for each other: "
              + String.join(
                  ", ",
                  waits.keySet().stream().map(n -> n.call.getName()).limit(NAMES_SHOWN).toList()));
    }
  }
}
