package io.millrace.benchmarks.requests;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.client.Declarations;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.onnx.LanguageModel;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.models.RepositoryScan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongFunction;

/** The models that are measured, made from a seed, in a repository. */
public final class BenchmarkModels {
  private static final long SEED = 1;
  private static final int TOKENS = 128;
  private static final int VOCABULARY = 256;
  private static final int NARROW = 1024;
  private static final int ELEMENTS = 16;

  private BenchmarkModels() {}

  /**
   * A model.
   *
   * @param batchMax most rows of a run
   * @param bare whether it is measured bare as well
   */
  public record Model(
      String name, Path file, int batchMax, boolean bare, LongFunction<List<Tensor>> made) {
    /** Inputs of the n-th request, one row; no two are alike. */
    public List<Tensor> inputs(long n) {
      return made.apply(n);
    }
  }

  /** Names of all models. */
  public static final List<String> NAMES =
      List.of(
          "tiny",
          "mlp",
          "mlp_unbatched",
          "lm",
          "bytes_1k",
          "bytes_64k",
          "bytes_602k",
          "cached_64k");

  /** Writes the models of the given names. */
  public static List<Model> write(Path repository, Set<String> names) throws IOException {
    List<Model> models = new ArrayList<>();
    for (String name : NAMES) {
      if (names.contains(name)) {
        models.add(
            switch (name) {
              case "tiny" ->
                  model(repository, name, SeededModels.tiny(), 64, "", true, n -> tiny(n));
              case "mlp" ->
                  model(repository, name, SeededModels.mlp(SEED), 64, "", true, n -> floats(n));
              case "mlp_unbatched" ->
                  model(repository, name, SeededModels.mlp(SEED), 1, "", false, n -> floats(n));
              case "lm" ->
                  model(repository, name, LanguageModel.lm(SEED), 16, "", true, n -> tokens(n));
              case "bytes_1k" -> bytes(repository, name, 1 << 10, "");
              case "bytes_64k" -> bytes(repository, name, 64 << 10, "");
              case "bytes_602k" -> bytes(repository, name, 602_112, "");
              default -> bytes(repository, name, 64 << 10, "response_cache { enable: true }\n");
            });
      }
    }
    return models;
  }

  /** Declares all models of a repository. */
  public static void declare(Connection connection, Path repository) {
    // As if time had passed since the files were written.
    long settled = System.currentTimeMillis() + Duration.ofMinutes(1).toMillis();
    RepositoryScan.Changes found = new RepositoryScan(repository, "default").look(settled);
    if (!found.problems().isEmpty()) {
      throw CommandException.failed("a model does not do: " + found.problems());
    }
    List<TargetSpec> targets = new ArrayList<>();
    found
        .targets()
        .forEach(
            (key, spec) -> {
              if (spec != null) {
                targets.add(spec);
              }
            });
    Declarations.declare(connection, targets);
  }

  private static Model bytes(Path repository, String name, int size, String more)
      throws IOException {
    OnnxGraph graph = new OnnxGraph(name);
    String x = graph.input("x", TensorDatatype.UINT8, -1, size);
    graph.node("Identity", Map.of(), List.of(x), List.of("y"));
    graph.output("y", TensorDatatype.UINT8, -1, size);
    return model(repository, name, graph, 16, more, false, n -> bytes(n, size));
  }

  private static Model model(
      Path repository,
      String name,
      OnnxGraph graph,
      int batchMax,
      String more,
      boolean bare,
      LongFunction<List<Tensor>> inputs)
      throws IOException {
    Path home = repository.resolve(name);
    Path file = home.resolve("1").resolve("model.onnx");
    Files.createDirectories(home.resolve("1"));
    graph.write(file);
    // A batch size of 1 means a model that takes one row at a time, its dimension included.
    Files.writeString(
        home.resolve("config.pbtxt"), "max_batch_size: %d\n%s".formatted(batchMax, more));
    return new Model(name, file, batchMax, bare, inputs);
  }

  private static List<Tensor> tiny(long n) {
    ByteBuffer a = ByteBuffer.allocate(4 * ELEMENTS).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer b = ByteBuffer.allocate(4 * ELEMENTS).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ELEMENTS; i++) {
      a.putInt((int) (n + i));
      b.putInt((int) (n * 31 - i));
    }
    return List.of(
        tensor("INPUT0", TensorDatatype.INT32, ELEMENTS, a.flip()),
        tensor("INPUT1", TensorDatatype.INT32, ELEMENTS, b.flip()));
  }

  private static List<Tensor> floats(long n) {
    SplittableRandom random = new SplittableRandom(n);
    ByteBuffer x = ByteBuffer.allocate(4 * NARROW).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < NARROW; i++) {
      x.putFloat((float) random.nextDouble(-1, 1));
    }
    return List.of(tensor("x", TensorDatatype.FP32, NARROW, x.flip()));
  }

  private static List<Tensor> tokens(long n) {
    return tokens(n, TOKENS);
  }

  /** Inputs of the n-th request to {@code lm}, one row of so many tokens. */
  static List<Tensor> tokens(long n, int length) {
    SplittableRandom random = new SplittableRandom(n);
    ByteBuffer x = ByteBuffer.allocate(4 * length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < length; i++) {
      x.putInt(random.nextInt(VOCABULARY));
    }
    return List.of(tensor("tokens", TensorDatatype.INT32, length, x.flip()));
  }

  private static List<Tensor> bytes(long n, int size) {
    ByteBuffer x = ByteBuffer.allocate(size);
    x.putLong(0, n);
    return List.of(tensor("x", TensorDatatype.UINT8, size, x));
  }

  private static Tensor tensor(String name, TensorDatatype datatype, int length, ByteBuffer data) {
    return new Tensor(name, datatype, List.of(1L, (long) length), data);
  }
}
