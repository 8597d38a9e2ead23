package io.millrace.inference.onnx;

import io.millrace.events.TensorDatatype;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Models made from a seed, for tests, demonstrations and benchmarks: the same seed, the same bytes.
 */
public final class SeededModels {

  private static final int ELEMENTS = 16;
  private static final int NARROW = 1024;
  private static final int WIDE = 4096;

  private SeededModels() {}

  /** Adds and subtracts: OUTPUT0 = INPUT0 + INPUT1, OUTPUT1 = INPUT0 - INPUT1, INT32 [-1,16]. */
  public static OnnxGraph tiny() {
    OnnxGraph graph = new OnnxGraph("tiny");
    TensorDatatype type = TensorDatatype.INT32;
    List<String> inputs =
        List.of(
            graph.input("INPUT0", type, -1, ELEMENTS), graph.input("INPUT1", type, -1, ELEMENTS));
    graph.node("Add", Map.of(), inputs, List.of("OUTPUT0"));
    graph.node("Sub", Map.of(), inputs, List.of("OUTPUT1"));
    graph.output("OUTPUT0", type, -1, ELEMENTS);
    graph.output("OUTPUT1", type, -1, ELEMENTS);
    return graph;
  }

  /**
   * A perceptron of 1024-4096-4096-1024 with ReLU between: {@code x} to {@code y}, FP32 [-1,1024].
   */
  public static OnnxGraph mlp(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    OnnxGraph graph = new OnnxGraph("mlp");
    String x = graph.input("x", TensorDatatype.FP32, -1, NARROW);
    x = graph.node("Relu", dense(graph, random, x, NARROW, WIDE));
    x = graph.node("Relu", dense(graph, random, x, WIDE, WIDE));
    String y = dense(graph, random, x, WIDE, NARROW);
    graph.node("Identity", Map.of(), List.of(y), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, NARROW);
    return graph;
  }

  private static String dense(
      OnnxGraph graph, SplittableRandom random, String x, int from, int to) {
    String weights = graph.floats(normal(random, from * to, from), from, to);
    return graph.node("Gemm", x, weights, graph.floats(normal(random, to, from), to));
  }

  /** Normal values with the variance that keeps a sum of {@code fanIn} of them at one. */
  static float[] normal(SplittableRandom random, int count, int fanIn) {
    double scale = 1 / Math.sqrt(fanIn);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }
}
