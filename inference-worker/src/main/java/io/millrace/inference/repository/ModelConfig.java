package io.millrace.inference.repository;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Triton's configuration of a model, as far as it is used; what it does not say is derived from the
 * model.
 *
 * @param json the whole of it
 * @param name name of the model; empty: that of its directory
 * @param platform platform or backend; empty: ONNX Runtime
 * @param batchMax most rows of one run; 0: no batch dimension; null: not said
 * @param inputs inputs, without the batch dimension
 * @param outputs outputs, without the batch dimension
 * @param versions which versions are served
 * @param fileName name of the model's file in each version's directory
 * @param instances how many runs at once; 0: not said
 * @param batching how requests are batched
 * @param parameters parameters of the backend
 * @param graphLevel Triton's optimization level of the graph; null: not said
 * @param warmups batch sizes to warm up with; empty: not said
 * @param cached whether answers may be cached
 * @param streamed whether its answers come in chunks
 * @param sequence what it keeps between the requests of a sequence; null: nothing
 * @param ensemble whether it is an ensemble, not a model
 */
public record ModelConfig(
    ObjectNode json,
    String name,
    String platform,
    @Nullable Integer batchMax,
    List<End> inputs,
    List<End> outputs,
    VersionPolicy versions,
    String fileName,
    int instances,
    Batching batching,
    Map<String, String> parameters,
    @Nullable Integer graphLevel,
    List<Integer> warmups,
    boolean cached,
    boolean streamed,
    @Nullable SequencePlan sequence,
    boolean ensemble) {

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(
              DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
              DeserializationFeature.USE_LONG_FOR_INTS);

  /**
   * An input or output.
   *
   * @param dims without the batch dimension; -1: any; null: not said
   */
  public record End(String name, TensorDatatype type, @Nullable List<Long> dims) {}

  /**
   * How requests are batched.
   *
   * @param preferred sizes to run with, ascending; empty: any
   * @param delayMicros longest wait for a batch to grow, microseconds; null: not said
   * @param priorityLevels number of priorities; 0: not said
   * @param defaultPriority priority of a request that names none; 0: not said
   * @param queueMax most requests that wait; 0: not said
   * @param timeoutMicros how long a request may wait until it is refused, microseconds; 0: until
   *     its deadline
   */
  public record Batching(
      List<Integer> preferred,
      @Nullable Long delayMicros,
      int priorityLevels,
      int defaultPriority,
      int queueMax,
      long timeoutMicros) {}

  /** Nothing said: all is derived from the model. */
  public static ModelConfig none() {
    return of(JSON.createObjectNode());
  }

  /**
   * A configuration as {@code config.pbtxt} has it.
   *
   * @param where names the text, for messages
   * @throws ModelException MODEL_CONFIG_INVALID, with the line or field, if it is none
   */
  public static ModelConfig text(String text, String where) {
    return of(ConfigText.parse(text, where));
  }

  /**
   * A configuration as JSON, as protobuf maps it: whole numbers may be in quotes.
   *
   * @throws ModelException MODEL_CONFIG_INVALID, with the field, if it is none
   */
  public static ModelConfig json(String text) {
    try {
      if (JSON.readTree(text) instanceof ObjectNode object) {
        return of(object);
      }
      throw ModelException.config("The configuration is not a JSON object");
    } catch (JsonProcessingException e) {
      throw ModelException.config("The configuration is not JSON: " + e.getOriginalMessage());
    }
  }

  private static ModelConfig of(ObjectNode json) {
    JsonFields fields = new JsonFields(json, "");
    String backend = fields.text("backend");
    JsonFields batching = fields.object("dynamic_batching");
    JsonFields queue = batching.object("default_queue_policy");
    List<Integer> warmups = new ArrayList<>();
    for (JsonFields sample : fields.objects("model_warmup")) {
      warmups.add(Math.max(1, (int) sample.number("batch_size", 0, 1 << 20, 1)));
    }
    int instances = 0;
    for (JsonFields group : fields.objects("instance_group")) {
      instances += (int) group.number("count", 0, 1_000, 1);
    }
    return new ModelConfig(
        json,
        fields.text("name"),
        backend.isEmpty() ? fields.text("platform") : backend,
        json.has("max_batch_size") ? (int) fields.number("max_batch_size", 0, 1 << 20, 0) : null,
        ends(fields.objects("input")),
        ends(fields.objects("output")),
        VersionPolicy.of(fields.object("version_policy")),
        fileName(fields),
        instances,
        new Batching(
            batching.numbers("preferred_batch_size", 1, 1 << 20).stream()
                .map(Long::intValue)
                .sorted()
                .toList(),
            batching.has("max_queue_delay_microseconds")
                ? batching.number("max_queue_delay_microseconds", 0, 60_000_000, 0)
                : null,
            (int) batching.number("priority_levels", 0, 1_000, 0),
            (int) batching.number("default_priority_level", 0, 1_000, 0),
            (int) queue.number("max_queue_size", 0, 1 << 20, 0),
            queue.text("timeout_action").equals("DELAY")
                ? 0
                : queue.number("default_timeout_microseconds", 0, 3_600_000_000L, 0)),
        parameters(fields.object("parameters")),
        fields.object("optimization").has("graph")
            ? (int) fields.object("optimization").object("graph").number("level", -2, 3, 0)
            : null,
        List.copyOf(warmups),
        fields.object("response_cache").flag("enable"),
        fields.object("model_transaction_policy").flag("decoupled"),
        json.has("sequence_batching") ? SequencePlan.of(fields.object("sequence_batching")) : null,
        json.has("ensemble_scheduling"));
  }

  private static String fileName(JsonFields fields) {
    String name = fields.text("default_model_filename");
    if (name.contains("/") || name.contains("\\") || name.startsWith(".")) {
      throw ModelException.config(
          "default_model_filename is '%s'; expected the name of a file in the version's directory"
              .formatted(name));
    }
    return name.isEmpty() ? "model.onnx" : name;
  }

  private static Map<String, String> parameters(JsonFields fields) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String name : fields.names()) {
      parameters.put(name, fields.object(name).text("string_value"));
    }
    return Map.copyOf(parameters);
  }

  private static List<End> ends(List<JsonFields> given) {
    List<End> ends = new ArrayList<>();
    for (JsonFields end : given) {
      if (end.has("reshape")) {
        throw ModelException.config(
            "%s.reshape is not supported; give the model the shape that it is called with"
                .formatted(end.path()));
      }
      String type = end.text("data_type");
      List<Long> dims = end.has("dims") ? end.numbers("dims", -1, Integer.MAX_VALUE) : null;
      ends.add(new End(end.text("name"), datatype(type, end.path()), dims));
    }
    return List.copyOf(ends);
  }

  /** The datatype of Triton's name for it. */
  static TensorDatatype datatype(String symbol, String path) {
    String name = symbol.equals("TYPE_STRING") ? "BYTES" : symbol.replaceFirst("^TYPE_", "");
    for (TensorDatatype type : TensorDatatype.values()) {
      if (type != TensorDatatype.UNKNOWN && type.name().equals(name) && !symbol.equals(name)) {
        return type;
      }
    }
    throw ModelException.config(
        "%s.data_type is '%s'; expected TYPE_BOOL, TYPE_UINT8 to TYPE_UINT64, TYPE_INT8 to"
                .formatted(path, symbol)
            + " TYPE_INT64, TYPE_FP16, TYPE_BF16, TYPE_FP32, TYPE_FP64 or TYPE_STRING");
  }

  /** The configuration as JSON text. */
  public String jsonText() {
    return json.toString();
  }
}
