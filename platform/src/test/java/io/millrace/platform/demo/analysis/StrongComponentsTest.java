package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class StrongComponentsTest {

  @Property(tries = 300)
  void agreesWithReachability(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 12) int nodes,
      @ForAll @DoubleRange(max = 0.5) double density) {
    int[][] edges = graph(seed, nodes, density);
    boolean[][] reach = reachability(edges);
    int[] component = new int[nodes];
    List<int[]> components = StrongComponents.of(edges);
    int total = 0;
    for (int c = 0; c < components.size(); c++) {
      for (int node : components.get(c)) {
        component[node] = c;
        total++;
      }
    }
    assertThat(total).isEqualTo(nodes);
    for (int a = 0; a < nodes; a++) {
      for (int b = 0; b < nodes; b++) {
        boolean together = a == b || (reach[a][b] && reach[b][a]);
        assertThat(component[a] == component[b]).isEqualTo(together);
      }
    }
  }

  @Property(tries = 300)
  void givesACycleThatIsThere(@ForAll long seed, @ForAll @IntRange(min = 2, max = 12) int nodes) {
    int[][] edges = graph(seed, nodes, 0.25);
    for (int[] members : StrongComponents.of(edges)) {
      if (members.length > 1) {
        List<Integer> cycle = StrongComponents.shortestCycle(edges, members, members[0]);
        assertThat(cycle).hasSizeGreaterThan(1).doesNotHaveDuplicates().startsWith(members[0]);
        for (int i = 0; i < cycle.size(); i++) {
          int to = cycle.get((i + 1) % cycle.size());
          assertThat(edges[cycle.get(i)]).contains(to);
        }
      }
    }
  }

  @Test
  void followsAChainOfAHundredThousand() {
    int n = 100_000;
    int[][] edges =
        IntStream.range(0, n).mapToObj(i -> new int[] {(i + 1) % n}).toArray(int[][]::new);
    assertThat(StrongComponents.of(edges)).hasSize(1);
  }

  private static int[][] graph(long seed, int nodes, double density) {
    Random random = new Random(seed);
    int[][] edges = new int[nodes][];
    for (int a = 0; a < nodes; a++) {
      int from = a;
      edges[a] =
          IntStream.range(0, nodes)
              .filter(b -> b != from && random.nextDouble() < density)
              .toArray();
    }
    return edges;
  }

  private static boolean[][] reachability(int[][] edges) {
    int n = edges.length;
    boolean[][] reach = new boolean[n][n];
    for (int a = 0; a < n; a++) {
      for (int b : edges[a]) {
        reach[a][b] = true;
      }
    }
    for (int k = 0; k < n; k++) {
      for (int a = 0; a < n; a++) {
        for (int b = 0; b < n; b++) {
          reach[a][b] |= reach[a][k] && reach[k][b];
        }
      }
    }
    return reach;
  }
}
