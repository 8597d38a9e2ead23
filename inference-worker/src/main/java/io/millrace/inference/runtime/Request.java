package io.millrace.inference.runtime;

import io.millrace.events.Tensor;
import io.millrace.inference.ModelException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A request to a model version: its inputs, and its outputs once all its rows have run.
 *
 * <p>Rows that ran apart are put together again in their order.
 */
public final class Request {

  /** Most bytes of all outputs of a request. */
  public static final int OUTPUT_BYTES_MAX = 8 << 20;

  private final Inputs inputs;
  private final Set<String> wanted;
  private final long arrived;
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();
  private @Nullable List<Part> parts;
  private int rowsDone;
  private long outputBytes;
  private long firstBegun;
  private long computeNanos;
  private int largestBatch;

  /**
   * What a model gave.
   *
   * @param outputs those that were wanted
   * @param batchMs wait until its first rows ran, milliseconds
   * @param computeMs time of the runs that had rows of it, milliseconds
   * @param batchSize rows of the largest of these runs
   */
  public record Answer(List<Tensor> outputs, double batchMs, double computeMs, int batchSize) {}

  private record Part(int from, List<Tensor> outputs) {}

  /**
   * A request that arrives now.
   *
   * @param inputs checked
   * @param wanted names of the outputs that are wanted; empty: all
   */
  public Request(Inputs inputs, Set<String> wanted) {
    this.inputs = inputs;
    this.wanted = wanted;
    this.arrived = System.nanoTime();
  }

  /** Its inputs. */
  public Inputs inputs() {
    return inputs;
  }

  /** Whether it wants an output. */
  boolean wants(String output) {
    return wanted.isEmpty() || wanted.contains(output);
  }

  /** Whether it wants all outputs. */
  boolean wantsAll() {
    return wanted.isEmpty();
  }

  /** Ends with what the model gave, or with a {@link ModelException}. */
  public CompletableFuture<Answer> answer() {
    return answer;
  }

  /** Whether nobody waits for it any more. */
  boolean ended() {
    return answer.isDone();
  }

  /** Counts bytes of its outputs; false: they are too many with those. */
  synchronized boolean room(int bytes) {
    outputBytes += bytes;
    return outputBytes <= OUTPUT_BYTES_MAX;
  }

  /** It failed; later parts change nothing. */
  public void fail(Throwable failure) {
    answer.completeExceptionally(failure);
  }

  /**
   * Some of its rows have run.
   *
   * @param from the first of them
   * @param rows how many
   * @param begun when their run began, {@link System#nanoTime}
   * @param nanos how long it took
   * @param batch how many rows it had
   */
  void ran(int from, int rows, List<Tensor> outputs, long begun, long nanos, int batch) {
    List<Tensor> whole = null;
    synchronized (this) {
      firstBegun = rowsDone == 0 ? begun : Math.min(firstBegun, begun);
      rowsDone += rows;
      computeNanos += nanos;
      largestBatch = Math.max(largestBatch, batch);
      if (rows == inputs.rows()) {
        whole = outputs;
      } else {
        parts = parts == null ? new ArrayList<>() : parts;
        parts.add(new Part(from, outputs));
      }
      if (rowsDone < inputs.rows()) {
        return;
      }
    }
    try {
      answer.complete(
          new Answer(
              whole == null ? joined() : whole,
              (firstBegun - arrived) / 1e6,
              computeNanos / 1e6,
              largestBatch));
    } catch (ModelException e) {
      fail(e);
    }
  }

  private synchronized List<Tensor> joined() {
    List<Part> all = new ArrayList<>(parts == null ? List.of() : parts);
    all.sort(Comparator.comparingInt(Part::from));
    List<Tensor> joined = new ArrayList<>();
    for (int i = 0; i < all.get(0).outputs().size(); i++) {
      joined.add(joined(all, i));
    }
    return joined;
  }

  private Tensor joined(List<Part> all, int output) {
    Tensor first = all.get(0).outputs().get(output);
    int bytes = 0;
    for (Part part : all) {
      Tensor tensor = part.outputs().get(output);
      if (!trailing(tensor).equals(trailing(first))) {
        throw ModelException.failed(
            "output '%s' has shape %s for some rows and %s for others; send at most as many rows as a batch has"
                .formatted(first.getName(), first.getShape(), tensor.getShape()));
      }
      bytes = Math.addExact(bytes, tensor.getData().remaining());
    }
    ByteBuffer data = ByteBuffer.allocate(bytes);
    all.forEach(part -> data.put(part.outputs().get(output).getData().duplicate()));
    List<Long> shape = new ArrayList<>(first.getShape());
    shape.set(0, (long) inputs.rows());
    return new Tensor(first.getName(), first.getDatatype(), shape, data.flip());
  }

  private static List<Long> trailing(Tensor tensor) {
    return tensor.getShape().subList(1, tensor.getShape().size());
  }
}
