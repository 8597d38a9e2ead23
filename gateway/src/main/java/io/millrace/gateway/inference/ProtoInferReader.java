package io.millrace.gateway.inference;

import com.google.protobuf.CodedInputStream;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a ModelInferRequest of the gRPC door, field by field: no object is made for each of its
 * messages, so that memory grows with the tensors and not with how they are cut up.
 *
 * <p>Contents that come before their datatype or shape are passed over and read afterwards; raw
 * contents are not copied.
 */
final class ProtoInferReader {
  private static final int ITEMS_MAX = 1_000;
  private static final int RANK_MAX = 64;
  private static final String REQUEST = "the request";

  private final byte[] message;
  private final int bytesMax;
  private final List<ProtoInput> inputs = new ArrayList<>();
  private final List<InferRequest.Output> outputs = new ArrayList<>();
  private final List<ProtoInput.Span> raw = new ArrayList<>();
  private final Map<String, String> parameters = new LinkedHashMap<>();
  private String model = "";
  private String version = "";
  private String id = "";

  /** What is read, for messages to people. */
  private String at = REQUEST;

  /**
   * What was asked.
   *
   * @param version of the model; null: none is named
   */
  record Asked(String model, @Nullable String version, InferRequest request) {}

  private ProtoInferReader(byte[] message, int bytesMax) {
    this.message = message;
    this.bytesMax = bytesMax;
  }

  /**
   * The request.
   *
   * @param bytesMax the most bytes that its inputs may take as tensors
   * @throws io.millrace.gateway.http.Refusal naming the first field that is wrong
   */
  static Asked read(byte[] message, int bytesMax) {
    return new ProtoInferReader(message, bytesMax).read();
  }

  private Asked read() {
    try {
      fields(
          CodedInputStream.newInstance(message),
          (in, number, wire) -> {
            boolean read = field(in, number, wire);
            at = REQUEST;
            return read;
          });
      if (inputs.isEmpty()) {
        throw Wrong.request("inputs: expected at least one");
      }
      return new Asked(
          model,
          version.isEmpty() ? null : version,
          new InferRequest(id.isEmpty() ? null : id, parameters, tensors(), outputs));
    } catch (IOException e) {
      throw Wrong.field(at, "is no such message of protobuf: " + e.getMessage());
    }
  }

  /** Reads the value of a field, at which the stream stands; false: passes over it. */
  private interface FieldReader {
    boolean read(CodedInputStream in, int number, int wire) throws IOException;
  }

  private static void fields(CodedInputStream in, FieldReader reader) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (!reader.read(in, tag >>> 3, tag & 7)) {
        in.skipField(tag);
      }
    }
  }

  /** Reads a message within the one at which the stream stands. */
  private static void nested(CodedInputStream in, FieldReader reader) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    fields(in, reader);
    in.checkLastTagWas(0);
    in.popLimit(outer);
  }

  private static ProtoInput.Span span(CodedInputStream in) throws IOException {
    int length = in.readRawVarint32();
    ProtoInput.Span span = new ProtoInput.Span(in.getTotalBytesRead(), length);
    in.skipRawBytes(length);
    return span;
  }

  private boolean field(CodedInputStream in, int number, int wire) throws IOException {
    if (wire != 2) {
      return false;
    }
    switch (number) {
      case 1 -> model = text(in, "model_name");
      case 2 -> version = text(in, "model_version");
      case 3 -> id = text(in, "id");
      case 4 -> parameter(in, "parameters", parameters);
      case 5 -> {
        ProtoInput input = new ProtoInput(item("inputs", inputs.size()));
        inputs.add(input);
        nested(in, (inner, field, type) -> input(inner, field, type, input));
      }
      case 6 -> output(in, item("outputs", outputs.size()));
      case 7 -> {
        at = item("raw_input_contents", raw.size());
        raw.add(span(in));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static String item(String list, int index) {
    if (index == ITEMS_MAX) {
      throw Wrong.field(list, "has more than " + ITEMS_MAX + " items");
    }
    return list + "[" + index + "]";
  }

  private String text(CodedInputStream in, String field) throws IOException {
    at = field;
    return in.readStringRequireUtf8();
  }

  private boolean input(CodedInputStream in, int number, int wire, ProtoInput input)
      throws IOException {
    at = input.at;
    if (number == 3 && (wire == 0 || wire == 2)) {
      at = input.at + ".shape";
      shape(in, wire, input.shape);
      return true;
    }
    if (wire != 2) {
      return false;
    }
    switch (number) {
      case 1 -> input.name = text(in, input.at + ".name");
      case 2 -> input.type = datatype(text(in, input.at + ".datatype"));
      case 4 -> unsupported(in, input.at + ".parameters");
      case 5 -> {
        at = input.at + ".contents";
        item(at, input.contents.size());
        input.contents.add(span(in));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private TensorDatatype datatype(String name) {
    return Datatypes.find(name)
        .orElseThrow(
            () ->
                Wrong.field(at, "'" + JsonFields.shown(name) + "' is no datatype of the protocol"));
  }

  private void shape(CodedInputStream in, int wire, List<Long> shape) throws IOException {
    int outer = wire == 2 ? in.pushLimit(in.readRawVarint32()) : -1;
    do {
      if (wire == 2 && in.isAtEnd()) {
        break;
      }
      if (shape.size() == RANK_MAX) {
        throw Wrong.field(at, "has more than " + RANK_MAX + " dimensions");
      }
      shape.add(in.readInt64());
    } while (wire == 2);
    if (wire == 2) {
      in.popLimit(outer);
    }
  }

  private void output(CodedInputStream in, String own) throws IOException {
    String[] name = {""};
    nested(
        in,
        (inner, number, wire) -> {
          at = own;
          if (wire == 2 && number == 1) {
            name[0] = text(inner, own + ".name");
          } else if (wire == 2 && number == 2) {
            unsupported(inner, own + ".parameters");
          } else {
            return false;
          }
          return true;
        });
    if (name[0].isEmpty()) {
      throw Wrong.field(own + ".name", "is missing");
    }
    outputs.add(new InferRequest.Output(name[0], null));
  }

  private void unsupported(CodedInputStream in, String field) throws IOException {
    Map<String, String> own = new LinkedHashMap<>();
    parameter(in, field, own);
    own.keySet()
        .forEach(
            name -> InferRequestReader.unsupported(field + "." + JsonFields.shown(name), name));
  }

  /** An entry of a map of parameters, each kept as the text of one JSON value. */
  private void parameter(CodedInputStream in, String field, Map<String, String> all)
      throws IOException {
    at = field;
    item(field, all.size());
    String[] entry = {"", ""};
    nested(
        in,
        (inner, number, wire) -> {
          if (wire == 2 && number == 1) {
            entry[0] = text(inner, field);
          } else if (wire == 2 && number == 2) {
            at = field + "." + JsonFields.shown(entry[0]);
            nested(inner, (value, choice, type) -> value(value, choice, type, entry));
          } else {
            return false;
          }
          return true;
        });
    if (entry[1].isEmpty()) {
      throw Wrong.field(field + "." + JsonFields.shown(entry[0]), "has no value");
    }
    all.put(entry[0], entry[1]);
  }

  private boolean value(CodedInputStream in, int choice, int wire, String[] entry)
      throws IOException {
    if (choice == 1 && wire == 0) {
      entry[1] = String.valueOf(in.readBool());
    } else if (choice == 2 && wire == 0) {
      entry[1] = String.valueOf(in.readInt64());
    } else if (choice == 3 && wire == 2) {
      entry[1] = JsonFields.quoted(in.readStringRequireUtf8());
    } else if (choice == 4 && wire == 1) {
      double value = in.readDouble();
      if (!Double.isFinite(value)) {
        throw Wrong.field(at, "expected a number that is finite, but " + value + " is given");
      }
      entry[1] = String.valueOf(value);
    } else if (choice == 5 && wire == 0) {
      entry[1] = Long.toUnsignedString(in.readUInt64());
    } else {
      return false;
    }
    return true;
  }

  private List<Tensor> tensors() {
    if (!raw.isEmpty() && raw.size() != inputs.size()) {
      throw Wrong.field(
          "raw_input_contents",
          "has %d items, but there are %d inputs".formatted(raw.size(), inputs.size()));
    }
    List<Tensor> tensors = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < inputs.size(); i++) {
      Tensor tensor =
          raw.isEmpty()
              ? inputs.get(i).typed(message, (int) (bytesMax - bytes))
              : inputs.get(i).raw(message, "raw_input_contents[" + i + "]", raw.get(i));
      bytes += tensor.getData().remaining();
      if (bytes > bytesMax) {
        throw TensorBytes.tooLarge(bytesMax);
      }
      tensors.add(tensor);
    }
    return tensors;
  }
}
