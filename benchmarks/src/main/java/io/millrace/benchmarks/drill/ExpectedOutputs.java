package io.millrace.benchmarks.drill;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.millrace.benchmarks.requests.BareModel;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.runtime.Environment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model gives by itself for some inputs, one row at a time.
 *
 * <p>Integers must be equal. Floating-point sums depend on the order in which they are added, which
 * a batch changes: those may differ by {@value #TOLERANCE} of the largest number of the output.
 */
final class ExpectedOutputs {
  private static final double TOLERANCE = 1e-4;

  private final String name;
  private final List<List<Tensor>> inputs;
  private final List<Map<String, ByteBuffer>> outputs;

  private ExpectedOutputs(
      String name, List<List<Tensor>> inputs, List<Map<String, ByteBuffer>> outputs) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** Runs the model on each of the inputs. */
  static ExpectedOutputs of(String name, Path file, List<List<Tensor>> inputs) {
    OrtEnvironment environment = Environment.get();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = environment.createSession(file.toString(), options)) {
      List<Map<String, ByteBuffer>> outputs = new ArrayList<>();
      for (List<Tensor> row : inputs) {
        outputs.add(BareModel.outputs(environment, session, row));
      }
      return new ExpectedOutputs(name, inputs, outputs);
    } catch (OrtException e) {
      throw new IllegalStateException("the bare model failed: " + e, e);
    }
  }

  /** Of the model. */
  String name() {
    return name;
  }

  /** The n-th inputs. */
  List<Tensor> inputs(int n) {
    return inputs.get(n);
  }

  /** Whether the outputs are what the model gives for the n-th inputs. */
  boolean matches(int n, List<Tensor> answered) {
    Map<String, ByteBuffer> expected = outputs.get(n);
    return answered.size() == expected.size()
        && answered.stream().allMatch(tensor -> matches(expected.get(tensor.getName()), tensor));
  }

  private static boolean matches(@Nullable ByteBuffer expected, Tensor answered) {
    if (expected == null || expected.remaining() != answered.getData().remaining()) {
      return false;
    }
    if (answered.getDatatype() != TensorDatatype.FP32) {
      return expected.equals(answered.getData());
    }
    ByteBuffer a = expected.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer b = answered.getData().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    double largest = 0;
    double difference = 0;
    while (a.hasRemaining()) {
      float x = a.getFloat();
      largest = Math.max(largest, Math.abs(x));
      difference = Math.max(difference, Math.abs(x - b.getFloat()));
    }
    return difference <= TOLERANCE * largest;
  }
}
