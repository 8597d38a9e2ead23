package io.millrace.gateway.inference;

import com.google.protobuf.CodedInputStream;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An input of a ModelInferRequest: what was read of it, and where its contents lie. */
final class ProtoInput {
  final String at;
  final List<Long> shape = new ArrayList<>();

  /** Typed contents; their parts belong together. */
  final List<Span> contents = new ArrayList<>();

  String name = "";
  @Nullable TensorDatatype type;

  /** A part of the request. */
  record Span(int from, int length) {}

  /**
   * An input of which nothing is known.
   *
   * @param at the input, for messages
   */
  ProtoInput(String at) {
    this.at = at;
  }

  private TensorDatatype complete() {
    TensorDatatype known = type;
    if (name.isEmpty() || known == null) {
      throw Wrong.field(at + (name.isEmpty() ? ".name" : ".datatype"), "is missing");
    }
    return known;
  }

  /**
   * The tensor, with raw contents, which are not copied.
   *
   * @param field of the raw contents, for messages
   */
  Tensor raw(byte[] request, String field, Span raw) {
    TensorDatatype known = complete();
    if (!contents.isEmpty()) {
      throw Wrong.field(field, "is given beside " + at + ".contents; expected one of them");
    }
    ByteBuffer bytes = ByteBuffer.wrap(request, raw.from, raw.length).slice();
    return new Tensor(name, known, shape, new TensorReader(at, known, shape).raw(field, bytes));
  }

  /**
   * The tensor, with typed contents.
   *
   * @param bytesMax the most bytes that it may take
   */
  Tensor typed(byte[] request, int bytesMax) {
    TensorDatatype known = complete();
    String field = at + ".contents";
    long expected = Shapes.elements(at + ".shape", shape);
    if (contents.isEmpty() && expected > 0) {
      throw Wrong.field(field, "is missing, and so is raw_input_contents");
    }
    ProtoContents reader = new ProtoContents(field, known, shape, expected, bytesMax);
    try {
      for (Span span : contents) {
        reader.read(CodedInputStream.newInstance(request, span.from, span.length));
      }
    } catch (IOException e) {
      throw Wrong.field(field, "is no such message of protobuf: " + e.getMessage());
    }
    return new Tensor(name, known, shape, reader.done());
  }
}
