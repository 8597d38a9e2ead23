package io.millrace.platform.packaging;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import java.util.List;

/** A request that any model of a signature takes: one row, every element 1, true or "a". */
final class SampleTensors {
  /** More elements than anybody would write out. */
  private static final long ENOUGH = 1 << 30;

  private SampleTensors() {}

  /** Whether no input of one row has more elements. */
  static boolean fit(List<TensorSignature> inputs, long elementsMax) {
    return inputs.stream().allMatch(input -> elements(input) <= elementsMax);
  }

  /** The request, in the protocol's JSON. */
  static ObjectNode request(List<TensorSignature> inputs) {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    tensors(request.putArray("inputs"), inputs);
    return request;
  }

  /** Tensors of these signatures, as a request or an answer has them. */
  static void tensors(ArrayNode tensors, List<TensorSignature> signatures) {
    for (TensorSignature signature : signatures) {
      ObjectNode tensor = tensors.addObject().put("name", signature.getName());
      ArrayNode shape = tensor.putArray("shape");
      signature.getShape().forEach(dimension -> shape.add(Math.abs(dimension)));
      tensor.put("datatype", signature.getDatatype().name());
      ArrayNode data = tensor.putArray("data");
      for (long i = elements(signature); i > 0; i--) {
        element(data, signature.getDatatype());
      }
    }
  }

  private static long elements(TensorSignature signature) {
    long elements = 1;
    for (long dimension : signature.getShape()) {
      elements = Math.min(ENOUGH, elements * Math.min(ENOUGH, Math.abs(dimension)));
    }
    return elements;
  }

  private static void element(ArrayNode data, TensorDatatype type) {
    switch (type) {
      case BOOL -> data.add(true);
      case BYTES -> data.add("a");
      case FP16, BF16, FP32, FP64 -> data.add(1.0);
      default -> data.add(1);
    }
  }
}
