package io.millrace.inference.repository;

import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.onnx.OnnxFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a model is called: what it says of itself, narrowed by its configuration where there is one.
 *
 * @param inputs its inputs, the batch dimension included
 * @param outputs its outputs, the batch dimension included
 * @param batchMax most rows in one run; 0: no batch dimension
 */
public record Signature(List<TensorSignature> inputs, List<TensorSignature> outputs, int batchMax) {

  /**
   * Most rows in one run where the configuration does not say and the model has a batch dimension.
   */
  public static final int BATCH_MAX_DEFAULT = 32;

  /**
   * Derives the signature of a model that callers see whole.
   *
   * @throws ModelException MODEL_CONFIG_INVALID if the configuration contradicts the model;
   *     MODEL_INVALID if the model has what cannot be called
   */
  public static Signature of(OnnxFile file, ModelConfig config) {
    return of(file, config, Set.of(), Set.of());
  }

  /**
   * Derives the signature.
   *
   * @param hiddenInputs inputs that the configuration need not name among its inputs
   * @param hiddenOutputs outputs that it need not name among its outputs
   * @throws ModelException MODEL_CONFIG_INVALID if the configuration contradicts the model;
   *     MODEL_INVALID if the model has what cannot be called
   */
  static Signature of(
      OnnxFile file, ModelConfig config, Set<String> hiddenInputs, Set<String> hiddenOutputs) {
    Integer said = config.batchMax();
    boolean batchable = batchable(file.inputs()) && batchable(file.outputs());
    int batchMax = said != null ? said : batchable ? BATCH_MAX_DEFAULT : 0;
    if (batchMax > 0 && !batchable) {
      throw ModelException.config(
          "max_batch_size is %d, but the first dimension of %s in the model is not free; set it to 0"
              .formatted(batchMax, unbatchable(file)));
    }
    return new Signature(
        ends("input", file.inputs(), config.inputs(), batchMax > 0, hiddenInputs, true),
        ends("output", file.outputs(), config.outputs(), batchMax > 0, hiddenOutputs, false),
        batchMax);
  }

  private static boolean batchable(List<OnnxFile.End> ends) {
    return ends.stream().allMatch(Signature::batchable);
  }

  private static boolean batchable(OnnxFile.End end) {
    List<Long> shape = end.shape();
    // An output that does not say its shape may have a batch dimension.
    return shape == null || (!shape.isEmpty() && shape.get(0) == -1);
  }

  private static String unbatchable(OnnxFile file) {
    List<String> names = new ArrayList<>();
    for (OnnxFile.End end : file.inputs()) {
      if (!batchable(end)) {
        names.add("input '" + end.name() + "'");
      }
    }
    for (OnnxFile.End end : file.outputs()) {
      if (!batchable(end)) {
        names.add("output '" + end.name() + "'");
      }
    }
    return String.join(", ", names);
  }

  private static List<TensorSignature> ends(
      String field,
      List<OnnxFile.End> inModel,
      List<ModelConfig.End> inConfig,
      boolean batched,
      Set<String> hidden,
      boolean all) {
    Map<String, OnnxFile.End> byName =
        inModel.stream()
            .collect(Collectors.toMap(OnnxFile.End::name, Function.identity(), (a, b) -> a));
    Map<String, ModelConfig.End> said =
        inConfig.stream()
            .collect(
                Collectors.toMap(
                    ModelConfig.End::name,
                    Function.identity(),
                    (a, b) -> {
                      throw ModelException.config(
                          "%s '%s' is given twice".formatted(field, a.name()));
                    }));
    for (String name : said.keySet()) {
      if (!byName.containsKey(name)) {
        throw ModelException.config(
            "%s '%s' is not in the model; it has %s"
                .formatted(field, name, new TreeSet<>(byName.keySet())));
      }
    }
    List<TensorSignature> ends = new ArrayList<>();
    for (OnnxFile.End end : inModel) {
      ModelConfig.End config = said.get(end.name());
      if (config == null && !said.isEmpty() && !hidden.contains(end.name())) {
        if (all) {
          throw ModelException.config(
              "%s '%s' of the model is missing; give it, or give none"
                  .formatted(field, end.name()));
        }
        continue;
      }
      ends.add(end(field, end, config, batched));
    }
    return List.copyOf(ends);
  }

  private static TensorSignature end(
      String field, OnnxFile.End end, ModelConfig.@Nullable End config, boolean batched) {
    String where = "%s '%s'".formatted(field, end.name());
    if (end.type() == TensorDatatype.UNKNOWN) {
      throw ModelException.invalid(
          "%s of the model is not a tensor, or of a type that has no name in the Open Inference Protocol"
              .formatted(where));
    }
    List<Long> shape = end.shape();
    if (config != null) {
      if (config.type() != end.type()) {
        throw ModelException.config(
            "%s has data_type %s, but %s in the model".formatted(where, config.type(), end.type()));
      }
      shape = narrowed(where, end, config.dims(), batched);
    }
    if (shape == null) {
      throw ModelException.invalid(
          "%s has no shape in the model; say its dims in config.pbtxt".formatted(where));
    }
    return new TensorSignature(end.name(), end.type(), shape);
  }

  private static @Nullable List<Long> narrowed(
      String where, OnnxFile.End end, @Nullable List<Long> dims, boolean batched) {
    List<Long> inModel = end.shape();
    if (dims == null) {
      return inModel;
    }
    List<Long> whole = new ArrayList<>();
    if (batched) {
      whole.add(-1L);
    }
    whole.addAll(dims);
    if (inModel == null) {
      return List.copyOf(whole);
    }
    boolean fits = inModel.size() == whole.size();
    for (int i = 0; fits && i < whole.size(); i++) {
      fits = inModel.get(i) == -1 || inModel.get(i).equals(whole.get(i));
    }
    if (!fits) {
      throw ModelException.config(
          "%s has dims %s%s, but %s in the model"
              .formatted(where, dims, batched ? " after the batch dimension" : "", inModel));
    }
    return List.copyOf(whole);
  }
}
