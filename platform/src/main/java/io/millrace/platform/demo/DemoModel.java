package io.millrace.platform.demo;

import io.millrace.events.InferenceResult;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.onnx.OnnxGraph;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A perceptron with random weights that scores {@value #FEATURES} features in {@value #SCORES}
 * ways: as a file for the platform, and as plain Java to compare with.
 */
final class DemoModel {
  static final String NAME = "demo-scorer";
  static final String INPUT = "features";
  static final String OUTPUT = "scores";
  static final int FEATURES = 256;
  static final int SCORES = 8;

  private static final int HIDDEN = 2_048;
  private static final String CONFIG =
      "max_batch_size: 64\nresponse_cache { enable: true }\nmodel_warmup { name: \"one\" batch_size: 1 }\n";

  private final List<Layer> layers;
  private final boolean ill;

  /** {@code weights} row by row, a row for each input. */
  private record Layer(int from, int to, float[] weights, float[] bias) {}

  /**
   * A model; the same seed, the same weights.
   *
   * @param ill whether the logarithm is taken of its scores, so that those below 0 are no numbers
   */
  DemoModel(long seed, boolean ill) {
    this.ill = ill;
    SplittableRandom random = new SplittableRandom(seed);
    this.layers =
        List.of(
            layer(random, FEATURES, HIDDEN),
            layer(random, HIDDEN, HIDDEN),
            layer(random, HIDDEN, SCORES));
  }

  private static Layer layer(SplittableRandom random, int from, int to) {
    return new Layer(from, to, normal(random, from * to, from), normal(random, to, from));
  }

  private static float[] normal(SplittableRandom random, int count, int fanIn) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(fanIn));
    }
    return values;
  }

  /** Writes it into a repository under its own name. */
  void write(Path repository) throws IOException {
    write(repository, NAME);
  }

  /** Writes it as the first version of a model in a repository. */
  void write(Path repository, String name) throws IOException {
    OnnxGraph graph = new OnnxGraph(name);
    String x = graph.input(INPUT, TensorDatatype.FP32, -1, FEATURES);
    for (Layer layer : layers) {
      String weights = graph.floats(layer.weights, layer.from, layer.to);
      x = graph.node("Gemm", x, weights, graph.floats(layer.bias, layer.to));
      x = layer.to == SCORES ? x : graph.node("Relu", x);
    }
    graph.node(ill ? "Log" : "Identity", Map.of(), List.of(x), List.of(OUTPUT));
    graph.output(OUTPUT, TensorDatatype.FP32, -1, SCORES);
    graph.write(repository.resolve(name).resolve("1").resolve("model.onnx"));
    Files.writeString(repository.resolve(name).resolve("config.pbtxt"), CONFIG);
  }

  /** The scores of a row, computed here. */
  float[] scores(float[] features) {
    float[] x = features;
    for (Layer layer : layers) {
      float[] y = layer.bias.clone();
      for (int i = 0; i < layer.from; i++) {
        for (int j = 0; j < layer.to; j++) {
          y[j] += x[i] * layer.weights[i * layer.to + j];
        }
      }
      for (int j = 0; layer.to != SCORES && j < y.length; j++) {
        y[j] = Math.max(0, y[j]);
      }
      x = y;
    }
    return x;
  }

  /** A row of features that no other number gives. */
  static float[] features(long number) {
    SplittableRandom random = new SplittableRandom(number);
    float[] features = new float[FEATURES];
    for (int i = 0; i < FEATURES; i++) {
      features[i] = (float) random.nextGaussian();
    }
    return features;
  }

  /** A row as the input of a request. */
  static Tensor input(float[] features) {
    ByteBuffer bytes = ByteBuffer.allocate(FEATURES * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(features);
    return new Tensor(INPUT, TensorDatatype.FP32, List.of(1L, (long) FEATURES), bytes);
  }

  /** The scores of an answer; none where it has no output. */
  static float[] scores(InferenceResult answer) {
    if (answer.getOutputs().isEmpty()) {
      return new float[0];
    }
    ByteBuffer bytes =
        answer.getOutputs().get(0).getData().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float[] scores = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(scores);
    return scores;
  }

  /** Whether all differ by no more than rounding. */
  static boolean close(float[] one, float[] other) {
    boolean close = one.length == other.length;
    for (int i = 0; close && i < one.length; i++) {
      close = Math.abs(one[i] - other[i]) <= 1e-3f * Math.max(1, Math.abs(one[i]));
    }
    return close;
  }
}
