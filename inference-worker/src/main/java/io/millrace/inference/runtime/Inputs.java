package io.millrace.inference.runtime;

import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.repository.Signature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The inputs of one request, found sound: each is named, shaped and filled as the model needs it.
 *
 * @param tensors in the order of the signature
 * @param rows how many rows they have; 1 for a model without batch dimension
 * @param shape equal for requests whose rows may run together
 */
public record Inputs(List<Tensor> tensors, int rows, Object shape) {

  /** Of models whose rows all have one shape, and of inputs that have only that. */
  private static final Object ALIKE = List.of();

  /**
   * Checks what a request brings.
   *
   * @param model name of the model version, for messages
   * @throws ModelException INPUT_INVALID, with the name of the input and what is wrong with it
   */
  public static Inputs check(String model, Signature signature, List<Tensor> given) {
    List<TensorSignature> wanted = signature.inputs();
    List<Tensor> tensors = inOrder(model, wanted, given);
    boolean batched = signature.batchMax() > 0;
    long rows = 1;
    List<List<Long>> shapes = null;
    for (int i = 0; i < wanted.size(); i++) {
      Tensor tensor = tensors.get(i);
      TensorSignature end = wanted.get(i);
      check(end, tensor, batched);
      if (batched) {
        long first = tensor.getShape().get(0);
        if (i > 0 && first != rows) {
          throw ModelException.input(
              "input '%s' has %d rows, but input '%s' has %d"
                  .formatted(end.getName(), first, wanted.get(0).getName(), rows));
        }
        rows = first;
      }
      if (end.getShape().indexOf(-1L) != end.getShape().lastIndexOf(-1L)
          || (!batched && end.getShape().contains(-1L))) {
        shapes = shapes == null ? new ArrayList<>() : shapes;
        shapes.add(
            batched ? tensor.getShape().subList(1, tensor.getShape().size()) : tensor.getShape());
      }
    }
    if (rows > Integer.MAX_VALUE) {
      throw ModelException.input("%d rows are too many".formatted(rows));
    }
    return new Inputs(tensors, (int) rows, shapes == null ? ALIKE : shapes);
  }

  private static List<Tensor> inOrder(
      String model, List<TensorSignature> wanted, List<Tensor> given) {
    if (inOrderAlready(wanted, given)) {
      return given;
    }
    Map<String, Tensor> byName = new HashMap<>();
    for (Tensor tensor : given) {
      if (byName.put(tensor.getName(), tensor) != null) {
        throw ModelException.input("input '%s' is given twice".formatted(tensor.getName()));
      }
    }
    List<Tensor> tensors = new ArrayList<>();
    for (TensorSignature end : wanted) {
      Tensor tensor = byName.remove(end.getName());
      if (tensor == null) {
        throw ModelException.input(
            "input '%s' is missing; %s needs %s"
                .formatted(
                    end.getName(), model, wanted.stream().map(TensorSignature::getName).toList()));
      }
      tensors.add(tensor);
    }
    if (!byName.isEmpty()) {
      throw ModelException.input(
          "unknown inputs %s; %s has %s"
              .formatted(
                  new TreeSet<>(byName.keySet()),
                  model,
                  wanted.stream().map(TensorSignature::getName).toList()));
    }
    return tensors;
  }

  private static boolean inOrderAlready(List<TensorSignature> wanted, List<Tensor> given) {
    boolean same = wanted.size() == given.size();
    for (int i = 0; same && i < wanted.size(); i++) {
      same = wanted.get(i).getName().equals(given.get(i).getName());
    }
    return same;
  }

  private static void check(TensorSignature end, Tensor tensor, boolean batched) {
    String name = end.getName();
    if (tensor.getDatatype() != end.getDatatype()) {
      throw ModelException.input(
          "input '%s' has datatype %s; expected %s"
              .formatted(name, tensor.getDatatype(), end.getDatatype()));
    }
    List<Long> shape = tensor.getShape();
    boolean fits = shape.size() == end.getShape().size();
    for (int i = 0; fits && i < shape.size(); i++) {
      long length = shape.get(i);
      long wanted = end.getShape().get(i);
      fits = length >= 0 && (wanted == -1 || wanted == length);
    }
    if (!fits) {
      throw ModelException.input(
          "input '%s' has shape %s; expected %s, where -1 is any length"
              .formatted(name, shape, end.getShape()));
    }
    if (batched && shape.get(0) < 1) {
      throw ModelException.input("input '%s' has no rows".formatted(name));
    }
    long count = Elements.count(shape);
    int bytes = Elements.bytes(end.getDatatype());
    int given = tensor.getData().remaining();
    if (end.getDatatype() == TensorDatatype.BYTES) {
      long texts = Elements.texts(tensor.getData());
      if (texts < 0) {
        throw ModelException.input(
            "input '%s' is cut off: the lengths of its elements do not add up to its %d bytes"
                .formatted(name, given));
      }
      if (texts != count) {
        throw ModelException.input(
            "input '%s' has %d elements; its shape %s has %s"
                .formatted(name, texts, shape, count < 0 ? "too many to count" : count));
      }
    } else if (count < 0 || count > Integer.MAX_VALUE || count * bytes != given) {
      throw ModelException.input(
          "input '%s' has %d bytes; %s elements of %s (shape %s) take %s"
              .formatted(
                  name,
                  given,
                  count < 0 ? "too many" : count,
                  end.getDatatype(),
                  shape,
                  count < 0
                      ? "more than any tensor"
                      : Math.multiplyHigh(count, bytes) == 0
                          ? count * bytes
                          : "more than any tensor"));
    }
  }
}
