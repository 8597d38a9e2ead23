package io.millrace.inference.onnx;

import io.millrace.events.TensorDatatype;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A small language model over bytes with a mixture of experts, made from a seed.
 *
 * <p>Four pre-norm transformer layers of width 128 with four heads; each layer's second half is
 * eight experts of which every token goes to the two that its gate scores best (Shazeer et al.,
 * "Outrageously Large Neural Networks", ICLR 2017). The experts are sparse: each computes only the
 * rows that chose it (NonZero, Gather, ScatterND), so that a token costs two experts, not eight.
 *
 * <p>{@code tokens}, INT32 [-1,-1] with values 0 to 255 and at most 512 per row, to {@code logits},
 * FP32 [-1,256]: the scores of the byte that follows each row.
 */
public final class LanguageModel {

  private static final int LAYERS = 4;
  private static final int WIDTH = 128;
  private static final int HEADS = 4;
  private static final int EXPERTS = 8;
  private static final int CHOSEN = 2;
  private static final int HIDDEN = 4 * WIDTH;
  private static final int VOCABULARY = 256;
  private static final int TOKENS_MAX = 512;
  private static final float FORBIDDEN = -1e9f;
  private static final Map<String, ?> LAST_AXIS = Map.of("axis", -1L);

  private final OnnxGraph graph = new OnnxGraph("lm");
  private final SplittableRandom random;

  private LanguageModel(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** The model of a seed. */
  public static OnnxGraph lm(long seed) {
    return new LanguageModel(seed).build();
  }

  private OnnxGraph build() {
    String tokens = graph.input("tokens", TensorDatatype.INT32, -1, -1);
    String length = graph.node("Shape", Map.of("start", 1L, "end", 2L), tokens);
    String positions =
        graph.node("Slice", weights(TOKENS_MAX, WIDTH), graph.longs(0), length, graph.longs(0));
    String x =
        graph.node("Add", graph.node("Gather", weights(VOCABULARY, WIDTH), tokens), positions);
    String mask = mask(length);
    for (int i = 0; i < LAYERS; i++) {
      x = graph.node("Add", x, attention(norm(x), mask));
      x = experts(x);
    }
    String last = graph.node("Gather", Map.of("axis", 1L), x, graph.scalar(-1));
    graph.node(
        "MatMul", Map.of(), List.of(norm(last), weights(WIDTH, VOCABULARY)), List.of("logits"));
    graph.output("logits", TensorDatatype.FP32, -1, VOCABULARY);
    return graph;
  }

  /** Added to the scores: what lies ahead of a token is out of its sight. */
  private String mask(String length) {
    String end = graph.node("Squeeze", length);
    String range = graph.node("Range", graph.scalar(0), end, graph.scalar(1));
    String ahead =
        graph.node(
            "Greater",
            graph.node("Unsqueeze", range, graph.longs(0)),
            graph.node("Unsqueeze", range, graph.longs(1)));
    return graph.node(
        "Where", ahead, graph.floats(new float[] {FORBIDDEN}), graph.floats(new float[] {0}));
  }

  private String attention(String x, String mask) {
    String q = heads(x, 0, 2, 1, 3);
    String k = heads(x, 0, 2, 3, 1);
    String v = heads(x, 0, 2, 1, 3);
    float scale = (float) (1 / Math.sqrt((double) WIDTH / HEADS));
    String scores =
        graph.node("Mul", graph.node("MatMul", q, k), graph.floats(new float[] {scale}));
    String shares = graph.node("Softmax", LAST_AXIS, graph.node("Add", scores, mask));
    String mixed =
        graph.node(
            "Transpose", Map.of("perm", new long[] {0, 2, 1, 3}), graph.node("MatMul", shares, v));
    String joined = graph.node("Reshape", mixed, graph.longs(0, 0, WIDTH));
    return graph.node("MatMul", joined, weights(WIDTH, WIDTH));
  }

  private String heads(String x, long... order) {
    String projected = graph.node("MatMul", x, weights(WIDTH, WIDTH));
    String split = graph.node("Reshape", projected, graph.longs(0, 0, HEADS, WIDTH / HEADS));
    return graph.node("Transpose", Map.of("perm", order), split);
  }

  /** The rows with what their experts add to them. */
  private String experts(String x) {
    String rows = graph.node("Reshape", norm(x), graph.longs(-1, WIDTH));
    String scores = graph.node("MatMul", rows, weights(WIDTH, EXPERTS));
    graph.node(
        "TopK",
        LAST_AXIS,
        List.of(scores, graph.longs(CHOSEN)),
        List.of(scores + "_best", scores + "_chosen"));
    String shares = graph.node("Softmax", LAST_AXIS, scores + "_best");
    String sum = graph.node("Reshape", x, graph.longs(-1, WIDTH));
    for (int expert = 0; expert < EXPERTS; expert++) {
      String chose = graph.node("Equal", scores + "_chosen", graph.scalar(expert));
      String sites = graph.node("NonZero", chose);
      String which = graph.node("Gather", sites, graph.scalar(0));
      String hidden = graph.node("Relu", dense(graph.node("Gather", rows, which), WIDTH, HIDDEN));
      String share =
          graph.node(
              "GatherND",
              shares,
              graph.node("Transpose", Map.of("perm", new long[] {1, 0}), sites));
      String added =
          graph.node(
              "Mul", dense(hidden, HIDDEN, WIDTH), graph.node("Unsqueeze", share, graph.longs(1)));
      sum =
          graph.node(
              "ScatterND",
              Map.of("reduction", "add"),
              sum,
              graph.node("Unsqueeze", which, graph.longs(1)),
              added);
    }
    return graph.node("Reshape", sum, graph.node("Shape", x));
  }

  private String dense(String x, int from, int to) {
    return graph.node("Gemm", x, weights(from, to), graph.floats(new float[to], to));
  }

  private String norm(String x) {
    float[] ones = new float[WIDTH];
    Arrays.fill(ones, 1);
    return graph.node(
        "LayerNormalization",
        LAST_AXIS,
        x,
        graph.floats(ones, WIDTH),
        graph.floats(new float[WIDTH], WIDTH));
  }

  private String weights(int from, int to) {
    return graph.floats(SeededModels.normal(random, from * to, from), from, to);
  }
}
