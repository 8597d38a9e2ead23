package io.millrace.inference.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.batch.logic.BatchQueue.Slice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The direct buffers of one thread, from which a model reads and into which it writes, and the
 * tensors over them.
 *
 * <p>Both are kept from run to run: a batch of as many rows as one before it costs no allocation on
 * either side, only the copying of its rows. Outputs are written in place ("pinned") where their
 * shape follows from the number of rows.
 */
final class Binding implements AutoCloseable {

  /** Sets of tensors that are kept; each is small, their buffers are shared. */
  private static final int KEPT_MAX = 128;

  private final List<TensorSignature> inputs;
  private final List<TensorSignature> outputs;
  private final boolean batched;
  private final Map<String, ByteBuffer> buffers = new HashMap<>();
  private final Map<Object, Bound> kept = new HashMap<>();
  private boolean pinning = true;

  /**
   * The tensors of a run.
   *
   * @param inputs by name
   * @param pinned outputs that are written in place, by name
   */
  record Bound(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> pinned) {}

  private record Key(int rows, Object shape) {}

  Binding(ModelSession session) {
    this.inputs = session.signature().inputs();
    this.outputs = session.signature().outputs();
    this.batched = session.signature().batchMax() > 0;
  }

  /** Writes outputs in place no more: the model's do not have the shape that it says. */
  void unpin() {
    forget();
    pinning = false;
  }

  /** Whether outputs are written in place. */
  boolean pinning() {
    return pinning;
  }

  /**
   * Gathers the rows of a batch.
   *
   * @param rows their number
   * @return tensors that hold until the next call
   */
  Bound gather(List<Slice<Request>> batch, int rows) throws OrtException {
    Inputs first = batch.get(0).work().inputs();
    Bound bound = bound(first, rows);
    for (int i = 0; i < inputs.size(); i++) {
      TensorSignature input = inputs.get(i);
      if (input.getDatatype() == TensorDatatype.BYTES) {
        bound.inputs().put(input.getName(), texts(batch, i, rows));
        continue;
      }
      ByteBuffer buffer = buffers.get(input.getName());
      if (buffer == null) {
        throw new IllegalStateException("Every input has a buffer once it is bound");
      }
      buffer.clear();
      for (Slice<Request> slice : batch) {
        ByteBuffer data = slice.work().inputs().tensors().get(i).getData();
        int rowBytes = data.remaining() / slice.work().inputs().rows();
        int from = data.position() + slice.from() * rowBytes;
        int bytes = slice.rows() * rowBytes;
        buffer.put(buffer.position(), data, from, bytes);
        buffer.position(buffer.position() + bytes);
      }
    }
    return bound;
  }

  /** What a pinned output wrote. */
  ByteBuffer written(String output, int bytes) {
    ByteBuffer buffer = buffers.get(output);
    if (buffer == null) {
      throw new IllegalStateException("No buffer for " + output);
    }
    return buffer.duplicate().order(ByteOrder.nativeOrder()).clear().limit(bytes);
  }

  private Bound bound(Inputs first, int rows) throws OrtException {
    Key key = new Key(rows, first.shape());
    Bound known = kept.get(key);
    if (known != null) {
      return known;
    }
    if (kept.size() >= KEPT_MAX) {
      forget();
    }
    reserve(first, rows);
    Bound bound = new Bound(new LinkedHashMap<>(), new LinkedHashMap<>());
    // Kept at once, so that what was made is closed if the rest fails.
    kept.put(key, bound);
    for (int i = 0; i < inputs.size(); i++) {
      TensorSignature input = inputs.get(i);
      if (input.getDatatype() != TensorDatatype.BYTES) {
        bound.inputs().put(input.getName(), tensor(input, shape(first.tensors().get(i), rows)));
      }
    }
    if (pinning) {
      for (TensorSignature output : outputs) {
        if (pinnable(output)) {
          bound.pinned().put(output.getName(), tensor(output, shape(output, rows)));
        }
      }
    }
    return bound;
  }

  /** Makes the buffers large enough; the tensors over smaller ones go. */
  private void reserve(Inputs first, int rows) {
    Map<String, Long> wanted = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      TensorSignature input = inputs.get(i);
      wanted.put(input.getName(), bytes(input, shape(first.tensors().get(i), rows)));
    }
    for (TensorSignature output : outputs) {
      if (pinning && pinnable(output)) {
        wanted.put(output.getName(), bytes(output, shape(output, rows)));
      }
    }
    for (Map.Entry<String, Long> entry : wanted.entrySet()) {
      ByteBuffer buffer = buffers.get(entry.getKey());
      if (buffer == null || buffer.capacity() < entry.getValue()) {
        forget();
        buffers.put(entry.getKey(), direct(entry.getValue()));
      }
    }
  }

  /** A power of two, so that a few rows more do not ask for another. */
  private static ByteBuffer direct(long bytes) {
    long rounded = Math.max(64, Long.highestOneBit(Math.max(1, bytes - 1)) << 1);
    int capacity = Math.toIntExact(rounded > Integer.MAX_VALUE ? bytes : rounded);
    return ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
  }

  private static long bytes(TensorSignature end, long[] shape) {
    long bytes = Elements.bytes(end.getDatatype());
    for (long length : shape) {
      bytes = Math.multiplyExact(bytes, length);
    }
    return bytes;
  }

  private OnnxTensor tensor(TensorSignature end, long[] shape) throws OrtException {
    ByteBuffer buffer = buffers.get(end.getName());
    if (buffer == null) {
      throw new IllegalStateException("No buffer for " + end.getName());
    }
    ByteBuffer view = buffer.slice(0, Math.toIntExact(bytes(end, shape)));
    return TensorTypes.over(view.order(ByteOrder.nativeOrder()), end.getDatatype(), shape);
  }

  private long[] shape(Tensor tensor, int rows) {
    long[] shape = tensor.getShape().stream().mapToLong(Long::longValue).toArray();
    if (batched) {
      shape[0] = rows;
    }
    return shape;
  }

  private long[] shape(TensorSignature output, int rows) {
    long[] shape = output.getShape().stream().mapToLong(Long::longValue).toArray();
    if (batched) {
      shape[0] = rows;
    }
    return shape;
  }

  private boolean pinnable(TensorSignature output) {
    List<Long> shape = output.getShape();
    return output.getDatatype() != TensorDatatype.BYTES
        && shape.lastIndexOf(-1L) <= (batched ? 0 : -1)
        && Elements.count(batched ? shape.subList(1, shape.size()) : shape) > 0;
  }

  private OnnxTensor texts(List<Slice<Request>> batch, int input, int rows) throws OrtException {
    List<String> texts = new ArrayList<>();
    Tensor first = batch.get(0).work().inputs().tensors().get(input);
    long[] shape = shape(first, rows);
    for (Slice<Request> slice : batch) {
      Tensor tensor = slice.work().inputs().tensors().get(input);
      int perRow = (int) (Elements.count(tensor.getShape()) / slice.work().inputs().rows());
      Elements.texts(tensor.getData(), slice.from() * perRow, slice.rows() * perRow, texts);
    }
    return OnnxTensor.createTensor(Environment.get(), texts.toArray(new String[0]), shape);
  }

  /** Closes what is not kept for another run. */
  void release(Bound bound) {
    for (TensorSignature input : inputs) {
      if (input.getDatatype() == TensorDatatype.BYTES) {
        OnnxTensor tensor = bound.inputs().remove(input.getName());
        if (tensor != null) {
          tensor.close();
        }
      }
    }
  }

  private void forget() {
    for (Bound bound : kept.values()) {
      bound.inputs().values().forEach(OnnxTensor::close);
      bound.pinned().values().forEach(OnnxTensor::close);
    }
    kept.clear();
  }

  @Override
  public void close() {
    forget();
    buffers.clear();
  }
}
