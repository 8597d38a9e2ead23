package io.millrace.inference.repository;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of Triton's model configuration ({@code model_config.proto}), as far as their types
 * matter here; those that Millrace does not use may hold anything.
 */
final class ConfigFields {

  /** Type of a field's values. */
  enum Kind {
    TEXT,
    NUMBER,
    FLAG,
    SYMBOL,
    MESSAGE,
    /** Messages of {@code key} and {@code value}; an object by key in JSON. */
    MAP,
    ANY
  }

  /**
   * A field.
   *
   * @param kind type of its values
   * @param repeated whether it may come more than once
   * @param fields of its messages; of a map those of its values, null: they are texts
   */
  record Field(Kind kind, boolean repeated, @Nullable Map<String, Field> fields) {}

  private static final Field TEXT = new Field(Kind.TEXT, false, null);
  private static final Field NUMBER = new Field(Kind.NUMBER, false, null);
  private static final Field NUMBERS = new Field(Kind.NUMBER, true, null);
  private static final Field FLAG = new Field(Kind.FLAG, false, null);
  private static final Field SYMBOL = new Field(Kind.SYMBOL, false, null);
  private static final Field ANY = new Field(Kind.ANY, true, null);
  private static final Field TEXTS_BY_KEY = new Field(Kind.MAP, true, null);

  private static final Set<String> UNUSED =
      Set.of(
          "batch_input",
          "batch_output",
          "cc_model_filenames",
          "metric_tags",
          "model_operations",
          "model_repository_agents",
          "model_metrics");

  /** The configuration itself. */
  static final Map<String, Field> MODEL = model();

  private ConfigFields() {}

  private static Map<String, Field> model() {
    Map<String, Field> fields = new LinkedHashMap<>();
    for (String text : Set.of("name", "platform", "backend", "default_model_filename", "runtime")) {
      fields.put(text, TEXT);
    }
    fields.put("max_batch_size", NUMBER);
    fields.put("version_policy", one(versionPolicy()));
    fields.put("input", many(end()));
    fields.put("output", many(end()));
    fields.put("instance_group", many(instances()));
    fields.put(
        "optimization",
        one(
            Map.of(
                "graph",
                one(Map.of("level", NUMBER)),
                "priority",
                SYMBOL,
                "cuda",
                ANY,
                "execution_accelerators",
                ANY,
                "input_pinned_memory",
                ANY,
                "output_pinned_memory",
                ANY,
                "gather_kernel_buffer_threshold",
                NUMBER,
                "eager_batching",
                FLAG)));
    fields.put("dynamic_batching", one(batching()));
    fields.put("sequence_batching", one(sequences()));
    fields.put(
        "ensemble_scheduling",
        one(
            Map.of(
                "step",
                many(
                    Map.of(
                        "model_name",
                        TEXT,
                        "model_version",
                        NUMBER,
                        "model_namespace",
                        TEXT,
                        "input_map",
                        TEXTS_BY_KEY,
                        "output_map",
                        TEXTS_BY_KEY)),
                "max_inflight_requests",
                NUMBER)));
    fields.put("parameters", new Field(Kind.MAP, true, Map.of("string_value", TEXT)));
    fields.put("model_warmup", many(warmup()));
    fields.put("model_transaction_policy", one(Map.of("decoupled", FLAG)));
    fields.put("response_cache", one(Map.of("enable", FLAG)));
    UNUSED.forEach(name -> fields.put(name, ANY));
    return Map.copyOf(fields);
  }

  private static Map<String, Field> versionPolicy() {
    return Map.of(
        "latest", one(Map.of("num_versions", NUMBER)),
        "all", one(Map.of()),
        "specific", one(Map.of("versions", NUMBERS)));
  }

  private static Map<String, Field> end() {
    return Map.of(
        "name", TEXT,
        "data_type", SYMBOL,
        "format", SYMBOL,
        "dims", NUMBERS,
        "reshape", one(Map.of("shape", NUMBERS)),
        "is_shape_tensor", FLAG,
        "is_non_linear_format_io", FLAG,
        "allow_ragged_batch", FLAG,
        "optional", FLAG,
        "label_filename", TEXT);
  }

  private static Map<String, Field> instances() {
    return Map.of(
        "name", TEXT,
        "kind", SYMBOL,
        "count", NUMBER,
        "gpus", NUMBERS,
        "rate_limiter", ANY,
        "secondary_devices", ANY,
        "profile", ANY,
        "passive", FLAG,
        "host_policy", TEXT);
  }

  private static Map<String, Field> batching() {
    Map<String, Field> queue =
        Map.of(
            "timeout_action", SYMBOL,
            "default_timeout_microseconds", NUMBER,
            "allow_timeout_override", FLAG,
            "max_queue_size", NUMBER);
    return Map.of(
        "preferred_batch_size", NUMBERS,
        "max_queue_delay_microseconds", NUMBER,
        "preserve_ordering", FLAG,
        "priority_levels", NUMBER,
        "default_priority_level", NUMBER,
        "default_queue_policy", one(queue),
        "priority_queue_policy", new Field(Kind.MAP, true, queue));
  }

  private static Map<String, Field> sequences() {
    Map<String, Field> control =
        Map.of(
            "kind", SYMBOL,
            "data_type", SYMBOL,
            "int32_false_true", NUMBERS,
            "fp32_false_true", ANY,
            "bool_false_true", ANY);
    Map<String, Field> initial =
        Map.of(
            "name", TEXT,
            "data_type", SYMBOL,
            "dims", NUMBERS,
            "zero_data", FLAG,
            "data_file", TEXT);
    Map<String, Field> state =
        Map.of(
            "input_name", TEXT,
            "output_name", TEXT,
            "data_type", SYMBOL,
            "dims", NUMBERS,
            "initial_state", many(initial),
            "use_same_buffer_for_input_output", FLAG,
            "use_growable_memory", FLAG);
    return Map.of(
        "max_sequence_idle_microseconds",
        NUMBER,
        "control_input",
        many(Map.of("name", TEXT, "control", many(control))),
        "state",
        many(state),
        "direct",
        new Field(Kind.ANY, false, null),
        "oldest",
        new Field(Kind.ANY, false, null),
        "iterative_sequence",
        FLAG);
  }

  private static Map<String, Field> warmup() {
    return Map.of(
        "name", TEXT,
        "batch_size", NUMBER,
        "count", NUMBER,
        "inputs",
            new Field(
                Kind.MAP,
                true,
                Map.of(
                    "data_type", SYMBOL,
                    "dims", NUMBERS,
                    "zero_data", FLAG,
                    "random_data", FLAG,
                    "input_data_file", TEXT)));
  }

  private static Field one(Map<String, Field> fields) {
    return new Field(Kind.MESSAGE, false, fields);
  }

  private static Field many(Map<String, Field> fields) {
    return new Field(Kind.MESSAGE, true, fields);
  }
}
