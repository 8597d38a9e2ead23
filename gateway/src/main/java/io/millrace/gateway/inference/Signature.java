package io.millrace.gateway.inference;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares a request with the signature that its model declares; where it declares none, anything
 * fits.
 */
final class Signature {
  private Signature() {}

  /**
   * Passes a request that fits.
   *
   * @throws io.millrace.gateway.http.Refusal naming the first field that does not fit
   */
  static void check(TargetSpec model, InferRequest request) {
    ModelSpec spec = model.getModel();
    if (spec == null || spec.getInputs().isEmpty()) {
      return;
    }
    Map<String, TensorSignature> declared =
        spec.getInputs().stream()
            .collect(Collectors.toMap(TensorSignature::getName, input -> input, (a, b) -> a));
    Set<String> given = new HashSet<>();
    for (int i = 0; i < request.inputs().size(); i++) {
      Tensor input = request.inputs().get(i);
      String at = "inputs[" + i + "]";
      TensorSignature signature = declared.get(input.getName());
      if (signature == null) {
        throw Wrong.field(
            at + ".name",
            "'%s' is no input of model '%s'; expected %s"
                .formatted(input.getName(), model.getName(), declared.keySet()));
      }
      if (!given.add(input.getName())) {
        throw Wrong.field(at + ".name", "'" + input.getName() + "' is given twice");
      }
      compare(at, input, signature);
    }
    for (String name : declared.keySet()) {
      if (!given.contains(name)) {
        throw Wrong.field("inputs", "'" + name + "' of model '" + model.getName() + "' is missing");
      }
    }
    outputs(model, spec, request);
  }

  private static void compare(String at, Tensor input, TensorSignature signature) {
    if (input.getDatatype() != signature.getDatatype()) {
      throw Wrong.field(
          at + ".datatype",
          "input '%s' is of %s, but %s is given"
              .formatted(input.getName(), signature.getDatatype(), input.getDatatype()));
    }
    List<Long> expected = signature.getShape();
    boolean fits = expected.size() == input.getShape().size();
    for (int d = 0; fits && d < expected.size(); d++) {
      fits = expected.get(d) < 0 || expected.get(d).equals(input.getShape().get(d));
    }
    if (!fits) {
      throw Wrong.field(
          at + ".shape",
          "input '%s' has shape %s, but %s is given"
              .formatted(input.getName(), Shapes.text(expected), Shapes.text(input.getShape())));
    }
  }

  private static void outputs(TargetSpec model, ModelSpec spec, InferRequest request) {
    Set<String> known =
        spec.getOutputs().stream().map(TensorSignature::getName).collect(Collectors.toSet());
    for (int i = 0; i < request.outputs().size(); i++) {
      String name = request.outputs().get(i).name();
      if (!known.isEmpty() && !known.contains(name)) {
        throw Wrong.field(
            "outputs[" + i + "].name",
            "'%s' is no output of model '%s'; expected %s".formatted(name, model.getName(), known));
      }
    }
  }

  /**
   * The request that a body of nothing but one tensor's bytes is: the model has one input, one
   * dimension of which at most follows from the length. Of BYTES it is one element without a
   * length.
   *
   * @throws io.millrace.gateway.http.Refusal if it cannot be
   */
  static InferRequest raw(TargetSpec model, byte[] body) {
    ModelSpec spec = model.getModel();
    if (spec == null || spec.getInputs().size() != 1) {
      throw Wrong.request(
          "the header Inference-Header-Content-Length is 0, which means a body of one raw tensor, but"
              + " model '"
              + model.getName()
              + "' does not declare exactly one input");
    }
    TensorSignature input = spec.getInputs().get(0);
    ByteBuffer data = ByteBuffer.wrap(body);
    int size = Datatypes.size(input.getDatatype());
    long elements = size == 0 ? 1 : body.length / size;
    if (input.getDatatype() == TensorDatatype.BYTES) {
      data =
          ByteBuffer.allocate(4 + body.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(body.length)
              .put(body)
              .flip();
    }
    List<Long> shape = shape(input, elements);
    ByteBuffer checked =
        new TensorReader("inputs[0]", input.getDatatype(), shape).raw("the body", data);
    return new InferRequest(
        null,
        Map.of(InferRequest.BINARY_OUTPUT, "true"),
        List.of(new Tensor(input.getName(), input.getDatatype(), shape, checked)),
        List.of());
  }

  private static List<Long> shape(TensorSignature input, long elements) {
    long known = 1;
    long open = 0;
    for (long dimension : input.getShape()) {
      known *= dimension < 0 ? 1 : Math.max(1, dimension);
      open += dimension < 0 ? 1 : 0;
    }
    List<Long> shape = new ArrayList<>();
    for (long dimension : input.getShape()) {
      // Of several open dimensions the last follows from the length; those before it are 1.
      shape.add(dimension >= 0 ? dimension : open == 1 ? elements / known : 1);
      open -= dimension < 0 ? 1 : 0;
    }
    return shape;
  }
}
