package io.millrace.inference.onnx;

import io.millrace.events.TensorDatatype;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Builds an ONNX model node by node.
 *
 * <p>Values are strings, the names that ONNX gives them. Field numbers are those of {@code
 * onnx.proto} (github.com/onnx/onnx), operators those of opset 18.
 */
public final class OnnxGraph {

  private static final int IR_VERSION = 8;
  private static final int OPSET = 18;
  private static final int ATTRIBUTE_FLOAT = 1;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_STRING = 3;
  private static final int ATTRIBUTE_INTS = 7;

  private final String name;
  private final ProtoWriter nodes = new ProtoWriter();
  private final ProtoWriter weights = new ProtoWriter();
  private final ProtoWriter ends = new ProtoWriter();
  private int values;

  /** An empty graph. */
  public OnnxGraph(String name) {
    this.name = name;
  }

  /**
   * Adds an input.
   *
   * @param shape length of each dimension; -1: any
   */
  public String input(String input, TensorDatatype type, long... shape) {
    ends.message(11, valueInfo(input, type, shape));
    return input;
  }

  /** Makes a value an output under its own name. */
  public void output(String value, TensorDatatype type, long... shape) {
    ends.message(12, valueInfo(value, type, shape));
  }

  /** Adds a constant of floats. */
  public String floats(float[] values, long... shape) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    return constant(TensorDatatype.FP32, raw.array(), shape);
  }

  /** Adds a constant vector of 64-bit integers. */
  public String longs(long... values) {
    return constant(TensorDatatype.INT64, raw(values), values.length);
  }

  /** Adds a constant 64-bit integer. */
  public String scalar(long value) {
    return constant(TensorDatatype.INT64, raw(value));
  }

  private static byte[] raw(long... values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    return raw.array();
  }

  /** Adds a constant with its elements as ONNX lays them out, little-endian. */
  public String constant(TensorDatatype type, byte[] raw, long... shape) {
    String value = "c" + values++;
    ProtoWriter tensor = new ProtoWriter();
    for (long length : shape) {
      tensor.number(1, length);
    }
    tensor.number(2, OnnxTypes.code(type)).text(8, value).bytes(9, raw);
    weights.message(5, tensor);
    return value;
  }

  /** Adds a node with one output; returns the output. */
  public String node(String operator, String... inputs) {
    return node(operator, Map.of(), inputs);
  }

  /** Adds a node with attributes and one output; returns the output. */
  public String node(String operator, Map<String, ?> attributes, String... inputs) {
    String output = "v" + values++;
    node(operator, attributes, List.of(inputs), List.of(output));
    return output;
  }

  /**
   * Adds a node.
   *
   * @param attributes names to a Long, a Float, a String or an array of long
   */
  public void node(
      String operator, Map<String, ?> attributes, List<String> inputs, List<String> outputs) {
    ProtoWriter node = new ProtoWriter();
    inputs.forEach(input -> node.text(1, input));
    outputs.forEach(output -> node.text(2, output));
    node.text(4, operator);
    new TreeMap<>(attributes).forEach((key, value) -> node.message(5, attribute(key, value)));
    nodes.message(1, node);
  }

  private static ProtoWriter attribute(String name, Object value) {
    ProtoWriter attribute = new ProtoWriter().text(1, name);
    if (value instanceof Long number) {
      return attribute.number(3, number).number(20, ATTRIBUTE_INT);
    } else if (value instanceof Float number) {
      return attribute.number(2, number).number(20, ATTRIBUTE_FLOAT);
    } else if (value instanceof String text) {
      return attribute.text(4, text).number(20, ATTRIBUTE_STRING);
    } else if (value instanceof long[] numbers) {
      for (long number : numbers) {
        attribute.number(8, number);
      }
      return attribute.number(20, ATTRIBUTE_INTS);
    }
    throw new IllegalArgumentException("Attribute " + name + " is a " + value.getClass());
  }

  private static ProtoWriter valueInfo(String name, TensorDatatype type, long... shape) {
    ProtoWriter dimensions = new ProtoWriter();
    for (int i = 0; i < shape.length; i++) {
      ProtoWriter dimension = new ProtoWriter();
      if (shape[i] >= 0) {
        dimension.number(1, shape[i]);
      } else {
        dimension.text(2, "d" + i);
      }
      dimensions.message(1, dimension);
    }
    ProtoWriter tensor = new ProtoWriter().number(1, OnnxTypes.code(type)).message(2, dimensions);
    return new ProtoWriter().text(1, name).message(2, new ProtoWriter().message(1, tensor));
  }

  private ProtoWriter model() {
    ProtoWriter graph = new ProtoWriter();
    graph.append(nodes).text(2, name).append(weights).append(ends);
    return new ProtoWriter()
        .number(1, IR_VERSION)
        .text(2, "millrace")
        .message(7, graph)
        .message(8, new ProtoWriter().text(1, "").number(2, OPSET));
  }

  /** The model as a file's bytes. */
  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      model().writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * Writes the model to a file; its directory is made where it is missing.
   *
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      model().writeTo(out);
    }
  }
}
