package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.topologies.guard.logic.Tensors;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls beside those that answer which are under way: their answers are never returned. Those
 * of shadows are compared here with the ones that were given, whichever of the two comes first.
 */
public final class Shadows {
  private static final int MOST = 128;
  private static final long OLDEST_MILLIS = 60_000;

  /** Larger answers are not kept for the sake of a comparison. */
  private static final long KEPT_BYTES_MAX = 1 << 20;

  private final String ensemble;
  private final SplitFold fold;
  private final Chooser chooser;
  private final Map<String, Shadow> byCall = new LinkedHashMap<>();

  private static final class Shadow {
    final Task task;
    final EnsembleStep step;
    final int candidate;
    final long sentAt;
    @Nullable List<Tensor> given;
    @Nullable List<Tensor> made;

    Shadow(Task task, EnsembleStep step, int candidate, long sentAt) {
      this.task = task;
      this.step = step;
      this.candidate = candidate;
      this.sentAt = sentAt;
    }
  }

  /**
   * @param ensemble its target
   * @param fold counts what was compared
   * @param chooser is told how the calls went
   */
  public Shadows(String ensemble, SplitFold fold, Chooser chooser) {
    this.ensemble = ensemble;
    this.fold = fold;
    this.chooser = chooser;
  }

  /**
   * A call is to be made.
   *
   * @return false if too many are under way: it is not to be made
   */
  boolean sent(String call, Task task, EnsembleStep step, int candidate, long now) {
    Iterator<Shadow> oldest = byCall.values().iterator();
    while (oldest.hasNext() && now - oldest.next().sentAt > OLDEST_MILLIS) {
      oldest.remove();
    }
    if (byCall.size() >= MOST) {
      return false;
    }
    byCall.put(call, new Shadow(task, step, candidate, now));
    return true;
  }

  /** The answer that counts was given. */
  void given(String task, EnsembleStep step, List<Tensor> outputs) {
    String call =
        byCall.entrySet().stream()
            .filter(entry -> entry.getValue().task.getId().equals(task))
            .filter(entry -> entry.getValue().step.getName().equals(step.getName()))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse("");
    Shadow shadow = byCall.get(call);
    if (shadow == null) {
      return;
    }
    if (Tensors.bytes(outputs) <= KEPT_BYTES_MAX) {
      shadow.given = outputs;
      compare(call, shadow);
    } else {
      byCall.remove(call);
    }
  }

  /**
   * Takes an answer.
   *
   * @param now milliseconds since the epoch
   * @return false if it is not that of a shadow
   */
  public boolean onResult(InferenceResult result, long now) {
    Shadow shadow = byCall.get(result.getOperationId());
    if (shadow == null) {
      return false;
    }
    chooser.ended(
        shadow.step,
        shadow.task.getOperationId(),
        shadow.candidate,
        result,
        (double) now - shadow.sentAt,
        now);
    boolean compared =
        shadow.step.getPolicy() == EnsemblePolicy.SHADOW && result.getOutcome() == Outcome.OK;
    if (compared && Tensors.bytes(result.getOutputs()) <= KEPT_BYTES_MAX) {
      shadow.made = result.getOutputs();
      compare(result.getOperationId(), shadow);
    } else {
      byCall.remove(result.getOperationId());
    }
    return true;
  }

  private void compare(String call, Shadow shadow) {
    if (shadow.given != null && shadow.made != null) {
      fold.compared(
          ensemble, shadow.step, shadow.candidate, Agreement.of(shadow.given, shadow.made));
      byCall.remove(call);
    }
  }
}
