package io.millrace.inference.onnx;

import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.onnx.ProtoReader.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an ONNX file says of itself, read without loading it: its inputs and outputs.
 *
 * @param inputs the inputs, without those that are constants
 * @param outputs the outputs
 */
public record OnnxFile(List<End> inputs, List<End> outputs) {

  /**
   * An input or output.
   *
   * @param name its name
   * @param type its datatype; UNKNOWN: not a tensor, or of a type that the Open Inference Protocol
   *     does not have
   * @param shape length of each dimension, -1: any; null: the file does not say
   */
  public record End(String name, TensorDatatype type, @Nullable List<Long> shape) {}

  /**
   * Reads a file.
   *
   * @throws ModelException MODEL_INVALID if it is not ONNX; MODEL_UNAVAILABLE if it cannot be read
   */
  public static OnnxFile read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw ModelException.invalid(
            "%s has %d bytes; ONNX files have at most 2 GiB (larger weights go into files beside)"
                .formatted(file, channel.size()));
      }
      return read(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()), file.toString());
    } catch (IOException e) {
      throw ModelException.unavailable("The model %s cannot be read: %s".formatted(file, e));
    }
  }

  /**
   * Reads a file's bytes.
   *
   * @param where names the file, for messages
   * @throws ModelException MODEL_INVALID if they are not ONNX
   */
  public static OnnxFile read(ByteBuffer bytes, String where) {
    try {
      return model(new ProtoReader(bytes));
    } catch (MalformedException e) {
      throw ModelException.invalid("%s is not an ONNX model: %s".formatted(where, e.getMessage()));
    }
  }

  private static OnnxFile model(ProtoReader model) throws MalformedException {
    OnnxFile read = null;
    boolean version = false;
    while (model.next()) {
      if (model.field() == 1) {
        version = model.number() > 0;
      } else if (model.field() == 7) {
        read = graph(model.message());
      }
    }
    if (read == null || !version) {
      throw new MalformedException(read == null ? "it has no graph" : "it has no ir_version");
    }
    return read;
  }

  private static OnnxFile graph(ProtoReader graph) throws MalformedException {
    List<End> inputs = new ArrayList<>();
    List<End> outputs = new ArrayList<>();
    Set<String> constants = new HashSet<>();
    while (graph.next()) {
      switch (graph.field()) {
        case 5 -> constants.add(constant(graph.message()));
        case 11 -> inputs.add(end(graph.message()));
        case 12 -> outputs.add(end(graph.message()));
        default -> {}
      }
    }
    inputs.removeIf(input -> constants.contains(input.name()));
    if (outputs.isEmpty()) {
      throw new MalformedException("its graph has no outputs");
    }
    return new OnnxFile(List.copyOf(inputs), List.copyOf(outputs));
  }

  private static String constant(ProtoReader tensor) throws MalformedException {
    while (tensor.next()) {
      if (tensor.field() == 8) {
        return tensor.text();
      }
    }
    return "";
  }

  private static End end(ProtoReader value) throws MalformedException {
    String name = "";
    TensorDatatype type = TensorDatatype.UNKNOWN;
    List<Long> shape = null;
    while (value.next()) {
      if (value.field() == 1) {
        name = value.text();
      } else if (value.field() == 2) {
        ProtoReader kind = value.message();
        while (kind.next()) {
          if (kind.field() == 1) {
            ProtoReader tensor = kind.message();
            while (tensor.next()) {
              if (tensor.field() == 1) {
                type = OnnxTypes.datatype(tensor.number());
              } else if (tensor.field() == 2) {
                shape = shape(tensor.message());
              }
            }
          }
        }
      }
    }
    return new End(name, type, shape);
  }

  private static List<Long> shape(ProtoReader dimensions) throws MalformedException {
    List<Long> shape = new ArrayList<>();
    while (dimensions.next()) {
      if (dimensions.field() == 1) {
        long length = -1;
        ProtoReader dimension = dimensions.message();
        while (dimension.next()) {
          if (dimension.field() == 1) {
            length = dimension.number();
          }
        }
        shape.add(length < 0 ? -1 : length);
      }
    }
    return List.copyOf(shape);
  }
}
