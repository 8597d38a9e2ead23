package io.millrace.inference.runtime;

import io.millrace.inference.ModelException;
import io.millrace.inference.batch.logic.BatchPolicy;
import io.millrace.inference.repository.ModelConfig;
import io.millrace.inference.repository.Signature;
import java.util.Map;
import java.util.TreeMap;

/**
 * How one model version is run.
 *
 * <p>All of it can be set in {@code config.pbtxt}, under the names of Triton's ONNX Runtime backend
 * where it has one: {@code instance_group}, {@code optimization.graph.level}, and of {@code
 * parameters} {@code intra_op_thread_count}, {@code inter_op_thread_count}, {@code execution_mode},
 * {@code enable_mem_arena}, {@code enable_mem_pattern}, {@code share_session_between_instances},
 * any {@code session.*} entry of ONNX Runtime, and our own {@code allow_nan}.
 *
 * @param intraThreads threads of one operator
 * @param interThreads threads for operators side by side
 * @param parallel whether operators run side by side
 * @param arena whether freed memory is kept for the next run
 * @param pattern whether memory is planned once per shape
 * @param shared whether runs at once share a session
 * @param graphLevel optimization of the graph: 0 none, 1 basic, 2 all
 * @param runs how many runs at once; 0: as many as the device does well
 * @param cpuOnly whether it must run on the CPU
 * @param allowNaN whether outputs that are not numbers are passed on
 * @param session entries of the session, as ONNX Runtime names them
 */
public record Execution(
    int intraThreads,
    int interThreads,
    boolean parallel,
    boolean arena,
    boolean pattern,
    boolean shared,
    int graphLevel,
    int runs,
    boolean cpuOnly,
    boolean allowNaN,
    Map<String, String> session) {

  private static final int THREADS_MAX = 1_000;
  private static final int LEVELS = 9;
  private static final int LEVEL_DEFAULT = 5;
  private static final int QUEUE_MAX = 4_096;
  private static final int ALL = 2;

  /**
   * The settings that a configuration says; for what it does not say those that suit many small
   * runs side by side: one thread each, no spinning, memory planned per shape where these are few.
   * Where it is not planned, runs at once do not share a session: from the arena that they would
   * share each takes what another has just given back, so that it lies in the other processor's
   * cache (a run of {@code lm} took a fifth longer, in most sessions).
   *
   * @throws ModelException MODEL_CONFIG_INVALID if one does not do
   */
  public static Execution of(ModelConfig config, Signature signature) {
    Map<String, String> parameters = config.parameters();
    Map<String, String> session = new TreeMap<>();
    session.put("session.intra_op.allow_spinning", "0");
    session.put("session.inter_op.allow_spinning", "0");
    parameters.forEach(
        (name, value) -> {
          if (name.startsWith("session.")) {
            session.put(name, value);
          }
        });
    Integer level = config.graphLevel();
    boolean arena = number(parameters, "enable_mem_arena", 1) == 1;
    boolean pattern = number(parameters, "enable_mem_pattern", freeShapes(signature) ? 0 : 1) == 1;
    return new Execution(
        number(parameters, "intra_op_thread_count", 1),
        number(parameters, "inter_op_thread_count", 1),
        number(parameters, "execution_mode", 0) == 1,
        arena,
        pattern,
        flag(parameters, "share_session_between_instances", pattern || !arena),
        // Triton's levels: -2 none, -1 basic, 0 and above all.
        level == null ? ALL : Math.min(ALL, level + ALL),
        config.instances(),
        config.json().path("instance_group").path(0).path("kind").asText().equals("KIND_CPU"),
        flag(parameters, "allow_nan", false),
        Map.copyOf(session));
  }

  /** Whether there are more shapes than batch sizes: a plan for each would fill the memory. */
  private static boolean freeShapes(Signature signature) {
    int batch = signature.batchMax() > 0 ? 1 : 0;
    return signature.inputs().stream()
        .anyMatch(input -> input.getShape().lastIndexOf(-1L) >= batch);
  }

  private static boolean flag(Map<String, String> parameters, String name, boolean otherwise) {
    String text = parameters.getOrDefault(name, "");
    return text.isEmpty() ? otherwise : text.equals("true");
  }

  private static int number(Map<String, String> parameters, String name, int otherwise) {
    String text = parameters.getOrDefault(name, "");
    if (text.isEmpty()) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) > THREADS_MAX) {
      throw ModelException.config(
          "parameters.%s is '%s'; expected a number from 0 to %d"
              .formatted(name, text, THREADS_MAX));
    }
    return Integer.parseInt(text);
  }

  /**
   * How its requests are batched.
   *
   * @param objective what the model is run for: latency, cost, throughput or balanced; decides what
   *     the configuration does not say
   */
  public static BatchPolicy batching(ModelConfig config, Signature signature, String objective) {
    ModelConfig.Batching said = config.batching();
    int levels = said.priorityLevels() == 0 ? LEVELS : said.priorityLevels();
    int level =
        said.defaultPriority() == 0 ? Math.min(LEVEL_DEFAULT, levels) : said.defaultPriority();
    if (level > levels) {
      throw ModelException.config(
          "dynamic_batching.default_priority_level is %d, but priority_levels is %d"
              .formatted(level, levels));
    }
    int rowsMax = Math.max(1, signature.batchMax());
    for (int preferred : said.preferred()) {
      if (preferred > rowsMax) {
        throw ModelException.config(
            "dynamic_batching.preferred_batch_size has %d, but max_batch_size is %d"
                .formatted(preferred, signature.batchMax()));
      }
    }
    Long delayMicros = said.delayMicros();
    return new BatchPolicy(
        rowsMax,
        said.preferred(),
        delayMicros == null ? delayNanos(objective) : delayMicros * 1_000,
        levels,
        level,
        said.queueMax() == 0 ? QUEUE_MAX : said.queueMax(),
        overhead(objective));
  }

  private static long delayNanos(String objective) {
    return switch (objective) {
      case "latency" -> 0;
      case "throughput", "cost" -> 10_000_000;
      default -> 2_000_000;
    };
  }

  private static double overhead(String objective) {
    return switch (objective) {
      case "latency" -> 0.1;
      case "throughput", "cost" -> 0.01;
      default -> 0.03;
    };
  }
}
