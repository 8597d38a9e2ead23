package io.millrace.inference.repository;

import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.onnx.OnnxFile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model version is for those who call it, and how its runs follow from that.
 *
 * @param model inputs and outputs of the model itself
 * @param asked inputs and outputs that callers see
 * @param stream how it answers in chunks; null: it answers at once
 * @param sequence what it keeps between requests; null: nothing
 */
public record Contract(
    Signature model,
    Signature asked,
    @Nullable StreamPlan stream,
    @Nullable SequencePlan sequence) {

  /**
   * Derives the contract.
   *
   * @throws ModelException MODEL_CONFIG_INVALID if the configuration contradicts the model;
   *     MODEL_INVALID if the model has what cannot be called
   */
  public static Contract of(OnnxFile file, ModelConfig config) {
    StreamPlan stream = config.streamed() ? StreamPlan.of(config.parameters()) : null;
    SequencePlan sequence = config.sequence();
    if (stream != null && sequence != null) {
      throw ModelException.config(
          "decoupled answers of a model with sequence_batching are not supported; leave out one of the two");
    }
    if (stream != null) {
      Signature model = Signature.of(file, config, stream.hiddenInputs(), stream.hiddenOutputs());
      stream.check(model);
      List<TensorSignature> inputs = Hidden.without(model.inputs(), stream.hiddenInputs());
      return new Contract(
          model,
          new Signature(inputs, stream.asked(model.outputs(), model), model.batchMax()),
          stream,
          null);
    }
    if (sequence != null) {
      Signature model =
          Signature.of(file, config, sequence.hiddenInputs(), sequence.hiddenOutputs());
      sequence.check(model);
      return new Contract(
          model,
          new Signature(
              Hidden.without(model.inputs(), sequence.hiddenInputs()),
              Hidden.without(model.outputs(), sequence.hiddenOutputs()),
              model.batchMax()),
          null,
          sequence);
    }
    Signature model = Signature.of(file, config);
    return new Contract(model, model, null, null);
  }
}
