package io.millrace.platform.demo.analysis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Which named part of a program imports which other, and the cycles among them. */
final class ImportGraph {

  /**
   * Parts that all reach each other.
   *
   * @param members their names, sorted
   * @param example a shortest way through the first member back to it, that member not repeated
   */
  record Cycle(List<String> members, List<String> example) {}

  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private final List<TreeSet<Integer>> edges = new ArrayList<>();

  /** Adds a part that may stand alone. */
  int addNode(String name) {
    Integer known = ids.get(name);
    if (known != null) {
      return known;
    }
    int id = names.size();
    ids.put(name, id);
    names.add(name);
    edges.add(new TreeSet<>());
    return id;
  }

  /** Adds an import; a part that imports itself is no cycle and is left out. */
  void addEdge(String from, String to) {
    int source = addNode(from);
    int target = addNode(to);
    if (source != target) {
      edges.get(source).add(target);
    }
  }

  int nodes() {
    return names.size();
  }

  long edges() {
    return edges.stream().mapToLong(TreeSet::size).sum();
  }

  /** All cycles, the largest first. */
  List<Cycle> cycles() {
    int[][] graph = new int[names.size()][];
    for (int i = 0; i < graph.length; i++) {
      graph[i] = edges.get(i).stream().mapToInt(Integer::intValue).toArray();
    }
    List<Cycle> cycles = new ArrayList<>();
    for (int[] members : StrongComponents.of(graph)) {
      if (members.length > 1) {
        List<String> sorted = new ArrayList<>();
        for (int member : members) {
          sorted.add(names.get(member));
        }
        sorted.sort(Comparator.naturalOrder());
        Integer start = ids.get(sorted.get(0));
        List<String> example = new ArrayList<>();
        for (int node : StrongComponents.shortestCycle(graph, members, start == null ? 0 : start)) {
          example.add(names.get(node));
        }
        cycles.add(new Cycle(List.copyOf(sorted), List.copyOf(example)));
      }
    }
    cycles.sort(
        Comparator.<Cycle>comparingInt(c -> -c.members().size())
            .thenComparing(c -> c.members().get(0)));
    return cycles;
  }
}
