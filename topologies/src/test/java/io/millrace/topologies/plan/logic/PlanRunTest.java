package io.millrace.topologies.plan.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.Failure;
import io.millrace.events.FailurePolicy;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolResult;
import io.millrace.schemas.serde.AvroSafety;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

class PlanRunTest {
  static {
    AvroSafety.establish();
  }

  private static PlannedCall call(String name, FailurePolicy policy, String arguments) {
    return PlannedCall.newBuilder()
        .setName(name)
        .setTarget("echo")
        .setArguments(arguments)
        .setOnFailure(policy)
        .setDefaultOutput("{\"d\":1}")
        .build();
  }

  private static ToolPlan plan(List<PlannedCall> calls) {
    return ToolPlan.newBuilder().setId("p").setCalls(calls).build();
  }

  private static ToolResult result(String call, Outcome outcome, @Nullable String output) {
    return ToolResult.newBuilder()
        .setOperationId("o-" + call)
        .setParentId("p")
        .setParentCall(call)
        .setOutcome(outcome)
        .setOutput(output)
        .setFailure(outcome == Outcome.OK ? null : new Failure("E", "failed"))
        .build();
  }

  @Example
  void aReferenceThatIsMissingStopsThePlanOnceAndMakesNoneOfTheOthers() throws PlanInvalid {
    PlanRun run =
        new PlanRun(
            plan(
                List.of(
                    call("a", FailurePolicy.FAIL, "{}"),
                    call("good", FailurePolicy.FAIL, "{\"v\":\"${a}\"}"),
                    call("bad1", FailurePolicy.FAIL, "{\"v\":\"${a.x}\"}"),
                    call("bad2", FailurePolicy.FAIL, "{\"v\":\"${a.y}\"}"),
                    call("bad3", FailurePolicy.SKIP, "{\"v\":\"${a.z}\"}"))));
    run.start();
    assertThat(run.onResult(result("a", Outcome.OK, "{}"))).isEmpty();
    assertThat(run.ended()).isTrue();
    assertThat(run.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(String.valueOf(run.failure())).contains("bad1");
    assertThat(run.outstanding()).isEmpty();
    assertThat(run.results())
        .extracting(PlannedResult::getOutcome)
        .containsExactly(
            Outcome.OK, Outcome.SKIPPED, Outcome.REFUSED, Outcome.SKIPPED, Outcome.SKIPPED);
  }

  @Example
  void aThousandReferencesThatAreMissingInARowUnfoldWithoutDeepRecursion() throws Exception {
    List<PlannedCall> calls = new ArrayList<>();
    calls.add(call("c0", FailurePolicy.DEFAULT, "{}"));
    for (int i = 1; i < PlanGraph.CALLS_MAX; i++) {
      calls.add(call("c" + i, FailurePolicy.DEFAULT, "{\"v\":\"${c" + (i - 1) + ".x}\"}"));
    }
    PlanRun run = new PlanRun(plan(calls));
    run.start();
    List<Throwable> thrown = new ArrayList<>();
    Thread small =
        new Thread(
            null,
            () -> {
              try {
                run.onResult(result("c0", Outcome.OK, "{}"));
              } catch (Throwable e) {
                thrown.add(e);
              }
            },
            "small stack",
            160 << 10);
    small.start();
    small.join();
    assertThat(thrown).isEmpty();
    assertThat(run.ended()).isTrue();
    assertThat(run.results()).allSatisfy(r -> assertThat(r.getOutput()).isNotNull());
  }

  @Example
  void plansThatCannotBeRunAreRefusedWithTheirReason() {
    refused("PLAN_INVALID", List.of());
    refused(
        "PLAN_INVALID",
        List.of(call("a", FailurePolicy.FAIL, "{}"), call("a", FailurePolicy.FAIL, "{}")));
    refused("PLAN_INVALID", List.of(call("a b", FailurePolicy.FAIL, "{}")));
    refused("PLAN_CYCLE", List.of(call("a", FailurePolicy.FAIL, "{\"v\":\"${a}\"}")));
    refused("REFERENCE_DANGLING", List.of(call("a", FailurePolicy.FAIL, "{\"v\":\"${b}\"}")));
    List<PlannedCall> many = new ArrayList<>();
    for (int i = 0; i <= PlanGraph.CALLS_MAX; i++) {
      many.add(call("c" + i, FailurePolicy.FAIL, "{}"));
    }
    refused("PLAN_INVALID", many);
  }

  private static void refused(String code, List<PlannedCall> calls) {
    assertThatThrownBy(() -> new PlanRun(plan(calls)))
        .isInstanceOf(PlanInvalid.class)
        .extracting(e -> ((PlanInvalid) e).code())
        .isEqualTo(code);
  }

  @Property(tries = 300)
  void cyclesAreAlwaysRefused(@ForAll long seed) {
    Random random = new Random(seed);
    int size = 2 + random.nextInt(20);
    List<PlannedCall> calls = acyclic(random, size);
    // One edge back along an existing path closes a cycle.
    int from = random.nextInt(size - 1);
    int to = from + 1 + random.nextInt(size - 1 - from);
    PlannedCall first = calls.get(from);
    PlannedCall second = calls.get(to);
    first.setAfter(List.of(second.getName()));
    second.setAfter(List.of(first.getName()));
    refused("PLAN_CYCLE", calls);
  }

  private static List<PlannedCall> acyclic(Random random, int size) {
    List<PlannedCall> calls = new ArrayList<>();
    FailurePolicy[] policies = {FailurePolicy.FAIL, FailurePolicy.SKIP, FailurePolicy.DEFAULT};
    for (int i = 0; i < size; i++) {
      List<String> after = new ArrayList<>();
      StringBuilder arguments = new StringBuilder("{\"n\":" + i);
      for (int j = 0; j < i; j++) {
        int edge = random.nextInt(size);
        if (edge == 0) {
          after.add("c" + j);
        } else if (edge == 1) {
          arguments.append(",\"r").append(j).append("\":\"${c").append(j).append("}\"");
        }
      }
      PlannedCall call =
          call(
              "c" + i,
              random.nextInt(8) == 0 ? FailurePolicy.FAIL : policies[1 + random.nextInt(2)],
              arguments.append('}').toString());
      call.setAfter(after);
      calls.add(call);
    }
    return calls;
  }

  /** What a call depends on, read off the plan naively. */
  private static Set<String> dependencies(PlannedCall call) {
    Set<String> names = new HashSet<>(call.getAfter());
    for (int j = 0; j < 100; j++) {
      if (call.getArguments().contains("${c" + j + "}")) {
        names.add("c" + j);
      }
    }
    return names;
  }

  @Property(tries = 500)
  void aPlanEndsAsANaiveInterpreterSaysInWhateverOrderResultsCome(
      @ForAll long seed, @ForAll long order) throws PlanInvalid {
    Random random = new Random(seed);
    List<PlannedCall> calls = acyclic(random, 1 + random.nextInt(15));
    Set<String> failing = new HashSet<>();
    for (PlannedCall call : calls) {
      if (random.nextInt(4) == 0 && call.getOnFailure() != FailurePolicy.FAIL) {
        failing.add(call.getName());
      }
    }
    Map<String, Outcome> expected = new HashMap<>();
    for (PlannedCall call : calls) {
      boolean skipped =
          dependencies(call).stream()
              .anyMatch(
                  name ->
                      expected.get(name) == Outcome.SKIPPED
                          || (expected.get(name) == Outcome.TOOL_ERROR
                              && policy(calls, name) == FailurePolicy.SKIP));
      expected.put(
          call.getName(),
          skipped
              ? Outcome.SKIPPED
              : failing.contains(call.getName()) ? Outcome.TOOL_ERROR : Outcome.OK);
    }

    PlanRun run = new PlanRun(plan(calls));
    Random shuffle = new Random(order);
    List<PlanRun.Step> open = new ArrayList<>(run.start());
    Map<String, String> made = new HashMap<>();
    while (!open.isEmpty()) {
      PlanRun.Step step = open.remove(shuffle.nextInt(open.size()));
      String name = step.call().getName();
      assertThat(made.put(name, step.arguments())).as("made once").isNull();
      Outcome outcome = failing.contains(name) ? Outcome.TOOL_ERROR : Outcome.OK;
      ToolResult result = result(name, outcome, outcome == Outcome.OK ? "\"" + name + "\"" : null);
      open.addAll(run.onResult(result));
      assertThat(run.onResult(result)).as("a result again changes nothing").isEmpty();
    }
    assertThat(run.ended()).isTrue();
    assertThat(run.outcome()).isEqualTo(Outcome.OK);
    for (PlannedResult result : run.results()) {
      assertThat(result.getOutcome()).isEqualTo(expected.get(result.getName()));
    }
    made.forEach((name, arguments) -> assertThat(arguments).doesNotContain("${"));
  }

  @Property(tries = 300)
  void aFailureUnderFailEndsThePlanAndNothingIsMadeAfterIt(@ForAll long seed) throws PlanInvalid {
    Random random = new Random(seed);
    List<PlannedCall> calls = acyclic(random, 1 + random.nextInt(15));
    calls.forEach(call -> call.setOnFailure(FailurePolicy.FAIL));
    PlanRun run = new PlanRun(plan(calls));
    List<PlanRun.Step> open = new ArrayList<>(run.start());
    Set<String> unanswered = new HashSet<>();
    open.forEach(step -> unanswered.add(step.call().getName()));
    while (!run.ended()) {
      String name = open.remove(random.nextInt(open.size())).call().getName();
      unanswered.remove(name);
      boolean fail = random.nextInt(4) == 0;
      List<PlanRun.Step> next =
          run.onResult(result(name, fail ? Outcome.TIMEOUT : Outcome.OK, fail ? null : "1"));
      next.forEach(step -> unanswered.add(step.call().getName()));
      open.addAll(next);
      if (fail) {
        assertThat(next).isEmpty();
        assertThat(run.outcome()).isEqualTo(Outcome.TIMEOUT);
        assertThat(run.outstanding()).containsExactlyInAnyOrderElementsOf(unanswered);
      }
    }
    for (PlanRun.Step late : open) {
      assertThat(run.onResult(result(late.call().getName(), Outcome.OK, "1"))).isEmpty();
    }
  }

  private static FailurePolicy policy(List<PlannedCall> calls, String name) {
    return calls.stream()
        .filter(call -> call.getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getOnFailure();
  }
}
