package io.millrace.inference.repository;

import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the inputs and outputs of a model that are not for those who call it. */
final class Hidden {

  private Hidden() {}

  static Set<String> of(Stream<String> names) {
    return names.collect(Collectors.toUnmodifiableSet());
  }

  /** The input or output of that name, which the configuration speaks of. */
  static TensorSignature end(String field, List<TensorSignature> ends, String name) {
    return ends.stream()
        .filter(end -> end.getName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                ModelException.config(
                    "%s '%s' is not in the model; it has %s"
                        .formatted(
                            field, name, ends.stream().map(TensorSignature::getName).toList())));
  }

  static List<TensorSignature> without(List<TensorSignature> ends, Set<String> hidden) {
    return ends.stream().filter(end -> !hidden.contains(end.getName())).toList();
  }
}
