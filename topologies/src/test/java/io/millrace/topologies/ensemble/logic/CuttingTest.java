package io.millrace.topologies.ensemble.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.schemas.ensemble.StepTensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class CuttingTest {
  private static final Set<String> IN = Set.of("in");

  /**
   * A graph whose steps, shuffled, take what some earlier ones make; pools by the target's name.
   */
  private static List<EnsembleStep> random(int size, int pools, Random random) {
    List<EnsembleStep> steps = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      List<String> takes = new ArrayList<>();
      for (int k = random.nextInt(3); k >= 0; k--) {
        String tensor = i == 0 || random.nextInt(4) == 0 ? "in" : "s" + random.nextInt(i);
        if (!takes.contains(tensor)) {
          takes.add(tensor);
        }
      }
      String name = "s" + i;
      int kind = random.nextInt(10);
      String pool = "p" + random.nextInt(pools);
      if (kind == 0) {
        steps.add(EnsembleRig.choice(EnsemblePolicy.SPLIT, name, takes.get(0), pool, pool + "b"));
      } else if (kind == 1) {
        steps.add(EnsembleRig.operation(EnsembleOperation.SIGMOID, name, takes.get(0)));
      } else {
        steps.add(EnsembleRig.model(name, pool, takes));
      }
    }
    Collections.shuffle(steps, random);
    return steps;
  }

  private static String pool(EnsembleStep step) {
    return step.getCandidates().isEmpty() ? null : step.getCandidates().get(0).getTarget();
  }

  private static List<Cutting.Segment> cut(Graph graph) {
    return Cutting.cut(graph, CuttingTest::pool, "p0");
  }

  @Property(tries = 500)
  void stepsComeAfterWhatTheyTake(@ForAll @IntRange(min = 1, max = 30) int size, @ForAll Random r)
      throws EnsembleInvalid {
    Graph graph = Graph.of(random(size, 3, r), IN, List.of("s0"));
    Set<String> made = new HashSet<>(IN);
    for (EnsembleStep step : graph.steps()) {
      assertThat(made).containsAll(StepTensors.takes(step));
      made.addAll(StepTensors.makes(step));
    }
    assertThat(graph.steps()).hasSize(size);
  }

  @Property(tries = 500)
  void segmentsShareOutTheStepsByPoolAndNeverWaitForEachOther(
      @ForAll @IntRange(min = 1, max = 25) int size,
      @ForAll @IntRange(min = 1, max = 4) int pools,
      @ForAll Random random)
      throws EnsembleInvalid {
    Graph graph = Graph.of(random(size, pools, random), IN, List.of("s0"));
    List<Cutting.Segment> segments = cut(graph);
    Map<String, Integer> segmentOf = new HashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      for (EnsembleStep step : segments.get(i).steps()) {
        assertThat(segmentOf.put(step.getName(), i)).as("a step is in one segment").isNull();
        String own = pool(step);
        boolean chooses = step.getPolicy() != EnsemblePolicy.UNKNOWN;
        if (chooses) {
          assertThat(segments.get(i).pool()).isEmpty();
          assertThat(segments.get(i).steps()).hasSize(1);
        } else if (own != null) {
          assertThat(segments.get(i).pool()).isEqualTo(own);
        }
      }
    }
    assertThat(segmentOf).hasSize(size);
    assertThat(acyclic(edges(graph, segmentOf), segments.size())).isTrue();
    for (Cutting.Segment segment : segments) {
      assertThat(connected(graph, segment.steps())).as("%s", segment).isTrue();
    }
  }

  @Property(tries = 300)
  void noTwoSegmentsCouldBeOne(
      @ForAll @IntRange(min = 1, max = 20) int size,
      @ForAll @IntRange(min = 1, max = 3) int pools,
      @ForAll Random random)
      throws EnsembleInvalid {
    Graph graph = Graph.of(random(size, pools, random), IN, List.of("s0"));
    List<Cutting.Segment> segments = cut(graph);
    Map<String, Integer> segmentOf = new HashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      for (EnsembleStep step : segments.get(i).steps()) {
        segmentOf.put(step.getName(), i);
      }
    }
    for (int[] edge : edges(graph, segmentOf)) {
      String pool = segments.get(edge[0]).pool();
      if (!pool.isEmpty() && pool.equals(segments.get(edge[1]).pool())) {
        Map<String, Integer> joined = new HashMap<>(segmentOf);
        joined.replaceAll(
            (name, segment) -> segment == edge[1] ? Integer.valueOf(edge[0]) : segment);
        assertThat(acyclic(edges(graph, joined), segments.size()))
            .as("%s and %s", segments.get(edge[0]), segments.get(edge[1]))
            .isFalse();
      }
    }
  }

  private static List<int[]> edges(Graph graph, Map<String, Integer> segmentOf) {
    List<int[]> edges = new ArrayList<>();
    for (EnsembleStep step : graph.steps()) {
      for (EnsembleStep before : graph.before(step)) {
        int from = segmentOf.get(before.getName());
        int to = segmentOf.get(step.getName());
        if (from != to) {
          edges.add(new int[] {from, to});
        }
      }
    }
    return edges;
  }

  private static boolean acyclic(List<int[]> edges, int nodes) {
    List<int[]> left = new ArrayList<>(edges);
    for (int i = 0; i <= nodes; i++) {
      Set<Integer> targets = new HashSet<>();
      left.forEach(edge -> targets.add(edge[1]));
      left.removeIf(edge -> !targets.contains(edge[0]));
    }
    return left.isEmpty();
  }

  private static boolean connected(Graph graph, List<EnsembleStep> steps) {
    Set<EnsembleStep> reached = new HashSet<>(Set.of(steps.get(0)));
    boolean grown = true;
    while (grown) {
      grown = false;
      for (EnsembleStep step : steps) {
        for (EnsembleStep before : graph.before(step)) {
          if (steps.contains(before) && (reached.contains(step) || reached.contains(before))) {
            grown |= reached.addAll(List.of(step, before));
          }
        }
      }
    }
    return reached.containsAll(steps);
  }

  @Example
  void aDetourThroughAnotherPoolKeepsApartWhatWouldWaitForItself() throws EnsembleInvalid {
    Graph graph =
        Graph.of(
            List.of(
                EnsembleRig.model("a", "one", List.of("in")),
                EnsembleRig.model("b", "two", List.of("a")),
                EnsembleRig.model("c", "one", List.of("a", "b"))),
            IN,
            List.of("c"));

    assertThat(cut(graph)).extracting(Cutting.Segment::pool).containsExactly("one", "two", "one");
  }

  @Example
  void aStepWithoutModelGoesWhereItsTensorsAreMade() throws EnsembleInvalid {
    Graph graph =
        Graph.of(
            List.of(
                EnsembleRig.operation(EnsembleOperation.SIGMOID, "before", "in"),
                EnsembleRig.model("a", "one", List.of("before")),
                EnsembleRig.model("b", "two", List.of("in")),
                EnsembleRig.operation(EnsembleOperation.MEAN, "mean", "a", "b")),
            IN,
            List.of("mean"));

    assertThat(cut(graph))
        .extracting(segment -> segment.steps().stream().map(EnsembleStep::getName).toList())
        .containsExactlyInAnyOrder(List.of("b"), List.of("before", "a", "mean"));
  }

  @Example
  void whatCannotBeRunIsNamed() {
    assertThatThrownBy(
            () ->
                Graph.of(
                    List.of(
                        EnsembleRig.model("a", "one", List.of("b")),
                        EnsembleRig.model("b", "one", List.of("a"))),
                    IN,
                    List.of("a")))
        .hasMessageContaining("wait for each other: a, b");
    assertThatThrownBy(
            () ->
                Graph.of(
                    List.of(EnsembleRig.model("a", "one", List.of("nothing"))), IN, List.of("a")))
        .hasMessageContaining("step 'a'")
        .hasMessageContaining("'nothing', which nothing makes");
    assertThatThrownBy(
            () ->
                Graph.of(List.of(EnsembleRig.model("a", "one", List.of("in"))), IN, List.of("out")))
        .hasMessageContaining("output 'out' is made by no step");
    assertThatThrownBy(
            () ->
                Graph.of(List.of(EnsembleRig.model("in", "one", List.of("in"))), IN, List.of("in")))
        .hasMessageContaining("an input of the ensemble");
  }
}
