package io.millrace.inference;

import io.millrace.events.Tensor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The states of sequences that this worker ran last, so that they need not be read from the log.
 *
 * <p>Bounded by bytes; what was used longest ago goes first. What is forgotten costs a fetch.
 */
final class SequenceStates {

  private final long bytesMax;
  private final Map<String, Left> bySequence = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  private record Left(String taskId, List<Tensor> states, long bytes) {}

  SequenceStates(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /**
   * The state of a sequence.
   *
   * @param taskId whose run left it
   * @return null: it is not at hand
   */
  synchronized @Nullable List<Tensor> get(String sequence, String taskId) {
    Left left = bySequence.get(sequence);
    return left == null || !left.taskId.equals(taskId) ? null : left.states;
  }

  /** Keeps what a run left, in place of what was left before. */
  synchronized void put(String sequence, String taskId, List<Tensor> states) {
    long size = (long) sequence.length() + taskId.length();
    for (Tensor state : states) {
      size += state.getData().remaining();
    }
    forget(sequence);
    if (size > bytesMax) {
      return;
    }
    bySequence.put(sequence, new Left(taskId, List.copyOf(states), size));
    bytes += size;
    Iterator<Left> oldest = bySequence.values().iterator();
    while (bytes > bytesMax && oldest.hasNext()) {
      bytes -= oldest.next().bytes;
      oldest.remove();
    }
  }

  /** Lets a sequence go. */
  synchronized void forget(String sequence) {
    Left left = bySequence.remove(sequence);
    bytes -= left == null ? 0 : left.bytes;
  }

  /** Bytes that are kept. */
  synchronized long bytes() {
    return bytes;
  }
}
