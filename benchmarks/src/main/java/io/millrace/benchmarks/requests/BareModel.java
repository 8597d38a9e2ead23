package io.millrace.benchmarks.requests;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.millrace.benchmarks.process.ProcessCpu;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.runtime.Environment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A model in ONNX Runtime with nothing around it: threads that run one and the same batch again and
 * again over direct buffers. The best of a few ways to use all processors is what the platform is
 * measured against.
 */
public final class BareModel {
  private static final Duration TRY = Duration.ofMillis(1_500);
  private static final List<Integer> BATCHES = List.of(1, 8, 32, 64);

  private final Path file;
  private final List<Tensor> row;
  private final int batchMax;

  /**
   * How it is run.
   *
   * @param threads that run batches, one each
   * @param intraThreads threads within a run
   * @param batch rows of a run
   */
  record Way(int threads, int intraThreads, int batch) {}

  /**
   * What a way gives.
   *
   * @param perS rows a second
   * @param cpuMicrosPerRow of this process
   */
  record Speed(Way way, double perS, double cpuMicrosPerRow, Latencies latencies) {}

  /**
   * @param row inputs of one row
   * @param batchMax most rows of a run
   */
  BareModel(Path file, List<Tensor> row, int batchMax) {
    this.file = file;
    this.row = row;
    this.batchMax = batchMax;
  }

  /** The way with the most rows a second. */
  Way fastest() {
    int cores = Runtime.getRuntime().availableProcessors();
    Speed best = null;
    for (int batch : BATCHES) {
      if (batch > batchMax) {
        continue;
      }
      for (Way way : List.of(new Way(cores, 1, batch), new Way(1, cores, batch))) {
        Speed speed = run(way, TRY);
        if (best == null || speed.perS > best.perS) {
          best = speed;
        }
      }
    }
    if (best == null) {
      throw new IllegalStateException("no batch size does for " + file);
    }
    return best.way;
  }

  /** Runs it for a time. */
  Speed run(Way way, Duration time) {
    OrtEnvironment environment = Environment.get();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(way.intraThreads);
      options.setInterOpNumThreads(1);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      try (OrtSession session = environment.createSession(file.toString(), options)) {
        return run(environment, session, way, time);
      }
    } catch (OrtException | InterruptedException e) {
      throw new IllegalStateException("the bare model failed: " + e, e);
    }
  }

  /**
   * Runs one row.
   *
   * @return the outputs by name, in this machine's byte order
   */
  public static Map<String, ByteBuffer> outputs(
      OrtEnvironment environment, OrtSession session, List<Tensor> row) throws OrtException {
    try (Inputs inputs = new Inputs(environment, row, 1);
        OrtSession.Result result = session.run(inputs.tensors)) {
      Map<String, ByteBuffer> outputs = new HashMap<>();
      for (Map.Entry<String, OnnxValue> output : result) {
        if (!(output.getValue() instanceof OnnxTensor tensor)) {
          throw new IllegalArgumentException(output.getKey() + " is not a tensor");
        }
        ByteBuffer data = tensor.getByteBuffer();
        outputs.put(output.getKey(), ByteBuffer.allocate(data.remaining()).put(data).flip());
      }
      return outputs;
    }
  }

  private Speed run(OrtEnvironment environment, OrtSession session, Way way, Duration time)
      throws InterruptedException {
    AtomicLong runs = new AtomicLong();
    List<Latencies> latencies = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(way.threads);
    Duration cpu = ProcessCpu.ofThis();
    long start = System.nanoTime();
    for (int i = 0; i < way.threads; i++) {
      Latencies own = new Latencies();
      latencies.add(own);
      Thread thread =
          new Thread(
              () -> {
                try (Inputs inputs = new Inputs(environment, row, way.batch)) {
                  while (System.nanoTime() - start < time.toNanos()) {
                    long before = System.nanoTime();
                    session.run(inputs.tensors).close();
                    own.add(System.nanoTime() - before);
                    runs.incrementAndGet();
                  }
                } catch (OrtException e) {
                  synchronized (failures) {
                    failures.add(e);
                  }
                } finally {
                  done.countDown();
                }
              },
              "bare-" + i);
      thread.start();
    }
    done.await();
    double seconds = (System.nanoTime() - start) / 1e9;
    if (!failures.isEmpty()) {
      throw new IllegalStateException("the bare model failed: " + failures.get(0));
    }
    long rows = runs.get() * way.batch;
    return new Speed(
        way,
        rows / seconds,
        ProcessCpu.ofThis().minus(cpu).toNanos() / 1e3 / rows,
        latencies.get(0));
  }

  /** One batch: the same row again and again. */
  private static final class Inputs implements AutoCloseable {
    final Map<String, OnnxTensorLike> tensors = new HashMap<>();

    Inputs(OrtEnvironment environment, List<Tensor> row, int batch) throws OrtException {
      for (Tensor tensor : row) {
        int bytes = tensor.getData().remaining();
        ByteBuffer data = ByteBuffer.allocateDirect(bytes * batch).order(ByteOrder.nativeOrder());
        for (int i = 0; i < batch; i++) {
          data.put(tensor.getData().duplicate());
        }
        data.flip();
        long[] shape = tensor.getShape().stream().mapToLong(Long::longValue).toArray();
        shape[0] = batch;
        tensors.put(
            tensor.getName(),
            OnnxTensor.createTensor(environment, data, shape, type(tensor.getDatatype())));
      }
    }

    private static OnnxJavaType type(TensorDatatype datatype) {
      return switch (datatype) {
        case INT32 -> OnnxJavaType.INT32;
        case INT64 -> OnnxJavaType.INT64;
        case FP32 -> OnnxJavaType.FLOAT;
        case UINT8 -> OnnxJavaType.UINT8;
        default -> throw new IllegalArgumentException("no bare model takes " + datatype);
      };
    }

    @Override
    public void close() {
      tensors.values().forEach(OnnxTensorLike::close);
    }
  }
}
