package io.millrace.gateway.inference;

import io.millrace.events.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request to run a model, as the protocol's body says it.
 *
 * @param id the client's own name for it; null: none
 * @param parameters by name, each the text of one JSON value; those of the protocol's extensions
 *     included
 * @param inputs in the body's order
 * @param outputs wanted; empty: all
 */
record InferRequest(
    @Nullable String id,
    Map<String, String> parameters,
    List<Tensor> inputs,
    List<Output> outputs) {

  /** A parameter: whether outputs are answered as raw bytes, unless they say it themselves. */
  static final String BINARY_OUTPUT = "binary_data_output";

  /**
   * An output that is wanted.
   *
   * @param name in the model's signature
   * @param binary whether as raw bytes; null: as the request says for all
   */
  record Output(String name, @Nullable Boolean binary) {}

  /** Whether an output is to be answered as raw bytes. */
  boolean binary(String output) {
    for (Output wanted : outputs) {
      if (wanted.name.equals(output) && wanted.binary != null) {
        return wanted.binary;
      }
    }
    return "true".equals(parameters.get(BINARY_OUTPUT));
  }
}
