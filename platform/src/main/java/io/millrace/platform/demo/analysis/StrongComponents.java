package io.millrace.platform.demo.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/**
 * Finds the strongly connected components of a directed graph with Tarjan's algorithm.
 *
 * <p>It keeps its own stack instead of recursing, so the depth of a graph is bounded by memory, not
 * by the thread. Source: R. Tarjan, "Depth-first search and linear graph algorithms", 1972.
 */
final class StrongComponents {

  private static final int UNSEEN = -1;

  private final int[][] edges;
  private final int[] index;
  private final int[] low;
  private final int[] nextEdge;
  private final boolean[] onStack;
  private final Deque<Integer> stack = new ArrayDeque<>();
  private final List<int[]> components = new ArrayList<>();
  private int clock;

  private StrongComponents(int[][] edges) {
    this.edges = edges;
    index = new int[edges.length];
    low = new int[edges.length];
    nextEdge = new int[edges.length];
    onStack = new boolean[edges.length];
    Arrays.fill(index, UNSEEN);
  }

  /**
   * The components of the graph whose node {@code n} points to {@code edges[n]}.
   *
   * @return every node once; each component's nodes ascending, components in reverse topological
   *     order
   */
  static List<int[]> of(int[][] edges) {
    StrongComponents search = new StrongComponents(edges);
    for (int node = 0; node < edges.length; node++) {
      if (search.index[node] == UNSEEN) {
        search.searchFrom(node);
      }
    }
    return search.components;
  }

  /**
   * A shortest way from {@code start} back to itself through {@code members}.
   *
   * @return the nodes on the way, {@code start} first and not repeated; empty if there is none
   */
  static List<Integer> shortestCycle(int[][] edges, int[] members, int start) {
    boolean[] allowed = new boolean[edges.length];
    for (int member : members) {
      allowed[member] = true;
    }
    int[] from = new int[edges.length];
    Arrays.fill(from, UNSEEN);
    Deque<Integer> queue = new ArrayDeque<>();
    queue.add(start);
    while (!queue.isEmpty()) {
      int node = queue.remove();
      for (int next : edges[node]) {
        if (next == start) {
          return wayTo(node, start, from);
        }
        if (allowed[next] && from[next] == UNSEEN) {
          from[next] = node;
          queue.add(next);
        }
      }
    }
    return List.of();
  }

  private static List<Integer> wayTo(int last, int start, int[] from) {
    List<Integer> way = new ArrayList<>();
    for (int node = last; node != start; node = from[node]) {
      way.add(node);
    }
    way.add(start);
    Collections.reverse(way);
    return way;
  }

  private void searchFrom(int start) {
    Deque<Integer> path = new ArrayDeque<>();
    enter(start, path);
    while (!path.isEmpty()) {
      int node = path.element();
      if (nextEdge[node] < edges[node].length) {
        int next = edges[node][nextEdge[node]++];
        if (index[next] == UNSEEN) {
          enter(next, path);
        } else if (onStack[next]) {
          low[node] = Math.min(low[node], index[next]);
        }
      } else {
        path.remove();
        if (!path.isEmpty()) {
          int parent = path.element();
          low[parent] = Math.min(low[parent], low[node]);
        }
        if (low[node] == index[node]) {
          close(node);
        }
      }
    }
  }

  private void enter(int node, Deque<Integer> path) {
    index[node] = clock;
    low[node] = clock++;
    stack.push(node);
    onStack[node] = true;
    path.push(node);
  }

  private void close(int root) {
    List<Integer> members = new ArrayList<>();
    int node;
    do {
      node = stack.pop();
      onStack[node] = false;
      members.add(node);
    } while (node != root);
    components.add(members.stream().mapToInt(Integer::intValue).sorted().toArray());
  }
}
