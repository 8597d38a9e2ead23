package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;

/** The messages of the gRPC door that are documents, not tensors; see open_inference.proto. */
final class ProtoDocuments {
  private static final Map<String, Integer> DATATYPES = datatypes();

  /** Names a model: ModelReadyRequest, ModelMetadataRequest, ModelConfigRequest and others. */
  static final ProtoSchema MODEL_REQUEST = new ProtoSchema().text("name", 1).text("version", 2);

  static final ProtoSchema SERVER_LIVE_RESPONSE = new ProtoSchema().bool("live", 1);

  /** Also ModelReadyResponse. */
  static final ProtoSchema SERVER_READY_RESPONSE = new ProtoSchema().bool("ready", 1);

  static final ProtoSchema SERVER_METADATA_RESPONSE =
      new ProtoSchema().text("name", 1).text("version", 2).texts("extensions", 3);

  private static final ProtoSchema TENSOR_METADATA =
      new ProtoSchema().text("name", 1).text("datatype", 2).integers("shape", 3);

  static final ProtoSchema MODEL_METADATA_RESPONSE =
      new ProtoSchema()
          .text("name", 1)
          .texts("versions", 2)
          .text("platform", 3)
          .messages("inputs", 4, TENSOR_METADATA)
          .messages("outputs", 5, TENSOR_METADATA);

  private static final ProtoSchema DYNAMIC_BATCHING =
      new ProtoSchema()
          .integers("preferred_batch_size", 1)
          .integer("max_queue_delay_microseconds", 2)
          .bool("preserve_ordering", 3)
          .integer("priority_levels", 4)
          .integer("default_priority_level", 5);

  static final ProtoSchema MODEL_CONFIG =
      new ProtoSchema()
          .text("name", 1)
          .text("platform", 2)
          .integer("max_batch_size", 4)
          .messages(
              "input",
              5,
              new ProtoSchema()
                  .text("name", 1)
                  .named("data_type", 2, DATATYPES)
                  .integers("dims", 4))
          .messages(
              "output",
              6,
              new ProtoSchema()
                  .text("name", 1)
                  .named("data_type", 2, DATATYPES)
                  .integers("dims", 3))
          .message("dynamic_batching", 11, DYNAMIC_BATCHING)
          .text("backend", 17)
          .message("response_cache", 24, new ProtoSchema().bool("enable", 1));

  static final ProtoSchema MODEL_CONFIG_RESPONSE =
      new ProtoSchema().message("config", 1, MODEL_CONFIG);

  private static final ProtoSchema DURATION =
      new ProtoSchema().integer("count", 1).integer("ns", 2);

  private static final ProtoSchema INFER_STATISTICS =
      new ProtoSchema()
          .message("success", 1, DURATION)
          .message("fail", 2, DURATION)
          .message("queue", 3, DURATION)
          .message("compute_input", 4, DURATION)
          .message("compute_infer", 5, DURATION)
          .message("compute_output", 6, DURATION)
          .message("cache_hit", 7, DURATION)
          .message("cache_miss", 8, DURATION);

  private static final ProtoSchema BATCH_STATISTICS =
      new ProtoSchema()
          .integer("batch_size", 1)
          .message("compute_input", 2, DURATION)
          .message("compute_infer", 3, DURATION)
          .message("compute_output", 4, DURATION);

  static final ProtoSchema MODEL_STATISTICS_RESPONSE =
      new ProtoSchema()
          .messages(
              "model_stats",
              1,
              new ProtoSchema()
                  .text("name", 1)
                  .text("version", 2)
                  .integer("last_inference", 3)
                  .integer("inference_count", 4)
                  .integer("execution_count", 5)
                  .message("inference_stats", 6, INFER_STATISTICS)
                  .messages("batch_stats", 7, BATCH_STATISTICS));

  static final ProtoSchema INDEX_REQUEST =
      new ProtoSchema().text("repository_name", 1).bool("ready", 2);

  static final ProtoSchema INDEX_RESPONSE =
      new ProtoSchema()
          .messages(
              "models",
              1,
              new ProtoSchema()
                  .text("name", 1)
                  .text("version", 2)
                  .text("state", 3)
                  .text("reason", 4));

  /** InferParameter and ModelRepositoryParameter: one of these. */
  static final ProtoSchema PARAMETER =
      new ProtoSchema()
          .bool("bool_param", 1)
          .integer("int64_param", 2)
          .text("string_param", 3)
          .real("double_param", 4);

  /** A map's entries are messages of a key and a value. */
  static final ProtoSchema LOAD_REQUEST =
      new ProtoSchema()
          .text("repository_name", 1)
          .text("model_name", 2)
          .messages(
              "parameters", 3, new ProtoSchema().text("key", 1).message("value", 2, PARAMETER));

  /** Of a message without fields. */
  static final ProtoSchema EMPTY = new ProtoSchema();

  private ProtoDocuments() {}

  /** Parameters as JSON has them, of the entries of their map. */
  static ObjectNode parameters(JsonNode entries) {
    ObjectNode parameters = JsonNodeFactory.instance.objectNode();
    for (JsonNode entry : entries) {
      JsonNode value = entry.path("value");
      parameters.set(
          entry.path("key").asText(),
          value.isEmpty() ? JsonNodeFactory.instance.nullNode() : value.iterator().next());
    }
    return parameters;
  }

  /** Triton's names of datatypes in configurations, by the numbers of its enum. */
  private static Map<String, Integer> datatypes() {
    String[] names = {
      "INVALID", "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64",
      "FP16", "FP32", "FP64", "STRING", "BF16"
    };
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < names.length; i++) {
      numbers.put("TYPE_" + names[i], i);
    }
    return numbers;
  }
}
