package io.millrace.inference.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import ai.onnxruntime.TensorInfo;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.batch.BatchWork;
import io.millrace.inference.batch.logic.BatchQueue.Slice;
import io.millrace.worker.task.Together;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs batches of requests on a model, on one thread, and gives each request its rows. */
public final class SessionRuns implements BatchWork<Request> {

  private static final Logger LOG = LoggerFactory.getLogger(SessionRuns.class);

  private final ModelSession session;
  private final OrtSession instance;
  private final Binding binding;
  private final boolean batched;

  /** For one thread; the session stays open when this is closed. */
  public SessionRuns(ModelSession session) {
    this.session = session;
    this.instance = session.instance();
    this.binding = new Binding(session);
    this.batched = session.signature().batchMax() > 0;
  }

  @Override
  public void run(List<Slice<Request>> batch) {
    List<Slice<Request>> wanted = batch;
    if (batch.stream().anyMatch(slice -> slice.work().ended())) {
      wanted = batch.stream().filter(slice -> !slice.work().ended()).toList();
    }
    if (wanted.isEmpty()) {
      return;
    }
    try {
      run(wanted, true);
    } catch (OrtException e) {
      apart(wanted, e);
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.error("A run of {} failed", session.name(), e);
      fail(wanted, e);
    }
  }

  /** After a run that failed: what one request brought about must not fail the others. */
  private void apart(List<Slice<Request>> batch, OrtException failure) {
    for (Slice<Request> slice : batch) {
      if (slice.work().ended()) {
        continue;
      }
      List<Slice<Request>> alone = List.of(slice);
      try {
        if (batch.size() > 1) {
          run(alone, true);
        } else if (binding.pinning()) {
          run(alone, false);
          LOG.warn("{}: outputs are not shaped as the model says; they are copied", session.name());
          binding.unpin();
        } else {
          fail(alone, failure);
        }
      } catch (OrtException e) {
        if (batch.size() > 1) {
          apart(alone, e);
        } else {
          fail(alone, failure);
        }
      } catch (RuntimeException | OutOfMemoryError e) {
        LOG.error("A run of {} failed", session.name(), e);
        fail(alone, e);
      }
    }
  }

  private void fail(List<Slice<Request>> batch, Throwable cause) {
    String reason = cause instanceof OrtException ? cause.getMessage() : cause.toString();
    ModelException failure =
        ModelException.failed("%s failed: %s".formatted(session.name(), reason));
    batch.forEach(slice -> slice.work().fail(failure));
  }

  private void run(List<Slice<Request>> batch, boolean pinning) throws OrtException {
    int rows = 0;
    for (Slice<Request> slice : batch) {
      rows += slice.rows();
    }
    long begun = System.nanoTime();
    Binding.Bound bound = binding.gather(batch, rows);
    try (RunOptions options = new RunOptions()) {
      Set<String> requested = Set.of();
      Map<String, OnnxTensor> pinned = bound.pinned();
      if (!pinning || pinned.size() < session.signature().outputs().size() || !allWanted(batch)) {
        requested = new LinkedHashSet<>();
        pinned = new LinkedHashMap<>();
        choose(batch, pinning ? bound.pinned() : Map.of(), requested, pinned);
      }
      try (Abandonment watch = new Abandonment(batch, options);
          OrtSession.Result result = instance.run(bound.inputs(), requested, pinned, options)) {
        scatter(batch, result, pinned, rows, begun, System.nanoTime() - begun);
      }
    } finally {
      binding.release(bound);
    }
  }

  private static boolean allWanted(List<Slice<Request>> batch) {
    for (Slice<Request> slice : batch) {
      if (!slice.work().wantsAll()) {
        return false;
      }
    }
    return true;
  }

  /** Divides the outputs that anybody wants into those written in place and the others. */
  private void choose(
      List<Slice<Request>> batch,
      Map<String, OnnxTensor> pinnable,
      Set<String> requested,
      Map<String, OnnxTensor> pinned) {
    for (TensorSignature output : session.signature().outputs()) {
      String name = output.getName();
      if (batch.stream().anyMatch(slice -> slice.work().wants(name))) {
        OnnxTensor tensor = pinnable.get(name);
        if (tensor == null) {
          requested.add(name);
        } else {
          pinned.put(name, tensor);
        }
      }
    }
  }

  /** An output of the whole batch. */
  private record Whole(
      String name, TensorDatatype type, long[] shape, ByteBuffer data, int texts) {}

  private void scatter(
      List<Slice<Request>> batch,
      OrtSession.Result result,
      Map<String, OnnxTensor> pinned,
      int rows,
      long begun,
      long nanos)
      throws OrtException {
    List<Whole> outputs = new ArrayList<>();
    for (TensorSignature output : session.signature().outputs()) {
      String name = output.getName();
      OnnxTensor tensor = pinned.get(name);
      if (tensor != null) {
        long[] shape = tensor.getInfo().getShape();
        int bytes =
            Math.toIntExact(tensor.getInfo().getNumElements())
                * Elements.bytes(output.getDatatype());
        outputs.add(new Whole(name, output.getDatatype(), shape, binding.written(name, bytes), 0));
      } else if (result.get(name).orElse(null) instanceof OnnxTensor made) {
        outputs.add(whole(output, made));
      }
    }
    Together.run(() -> answer(batch, outputs, rows, begun, nanos));
  }

  private void answer(
      List<Slice<Request>> batch, List<Whole> outputs, int rows, long begun, long nanos) {
    int row = 0;
    for (Slice<Request> slice : batch) {
      try {
        List<Tensor> own = own(slice, outputs, row, rows);
        slice.work().ran(slice.from(), slice.rows(), own, begun, nanos, rows);
      } catch (ModelException e) {
        slice.work().fail(e);
      }
      row += slice.rows();
    }
  }

  private static Whole whole(TensorSignature output, OnnxTensor made) throws OrtException {
    TensorInfo info = made.getInfo();
    if (output.getDatatype() == TensorDatatype.BYTES) {
      List<String> texts = new ArrayList<>();
      flatten(made.getValue(), texts);
      ByteBuffer data = ByteBuffer.wrap(Elements.bytes(texts));
      return new Whole(output.getName(), output.getDatatype(), info.getShape(), data, texts.size());
    }
    ByteBuffer data = info.getNumElements() == 0 ? ByteBuffer.allocate(0) : made.getByteBuffer();
    return new Whole(
        output.getName(),
        output.getDatatype(),
        info.getShape(),
        data.order(ByteOrder.nativeOrder()),
        0);
  }

  private static void flatten(Object value, List<String> texts) {
    if (value instanceof Object[] values) {
      for (Object inner : values) {
        flatten(inner, texts);
      }
    } else {
      texts.add((String) value);
    }
  }

  /** The outputs of a slice, copied. */
  private List<Tensor> own(Slice<Request> slice, List<Whole> outputs, int row, int rows) {
    List<Tensor> own = new ArrayList<>(outputs.size());
    for (Whole output : outputs) {
      if (!slice.work().wants(output.name())) {
        continue;
      }
      if (batched && (output.shape().length == 0 || output.shape()[0] != rows)) {
        throw ModelException.failed(
            "output '%s' of %s has %s for %d rows; set max_batch_size to 0 if it has no batch dimension"
                .formatted(output.name(), session.name(), Arrays.toString(output.shape()), rows));
      }
      ByteBuffer data = batched ? rows(output, row, slice.rows(), rows) : output.data();
      if (!slice.work().room(data.remaining())) {
        throw new ModelException(
            "OUTPUT_TOO_LARGE",
            "The outputs of %s have more than %d bytes; ask for fewer of them, or send fewer rows"
                .formatted(session.name(), Request.OUTPUT_BYTES_MAX),
            false);
      }
      byte[] copy = new byte[data.remaining()];
      data.get(data.position(), copy);
      ByteBuffer bytes = ByteBuffer.wrap(copy);
      if (!session.execution().allowNaN() && Elements.anyNaN(output.type(), bytes)) {
        throw new ModelException(
            "OUTPUT_NOT_A_NUMBER",
            "output '%s' of %s has values that are not numbers (NaN); check the inputs and the model, or set the parameter allow_nan in its configuration"
                .formatted(output.name(), session.name()),
            false);
      }
      List<Long> shape = new ArrayList<>(output.shape().length);
      for (long length : output.shape()) {
        shape.add(length);
      }
      if (batched) {
        shape.set(0, (long) slice.rows());
      }
      own.add(new Tensor(output.name(), output.type(), shape, bytes));
    }
    return own;
  }

  private static ByteBuffer rows(Whole output, int row, int count, int rows) {
    ByteBuffer data = output.data();
    if (output.type() == TensorDatatype.BYTES) {
      List<String> texts = new ArrayList<>();
      int perRow = output.texts() / rows;
      Elements.texts(data, row * perRow, count * perRow, texts);
      return ByteBuffer.wrap(Elements.bytes(texts));
    }
    int rowBytes = data.remaining() / rows;
    return data.slice(data.position() + row * rowBytes, count * rowBytes);
  }

  @Override
  public void close() {
    binding.close();
  }
}
