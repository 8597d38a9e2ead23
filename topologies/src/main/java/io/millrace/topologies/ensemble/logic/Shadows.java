package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.topologies.guard.logic.Tensors;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls of shadows that are under way: their answers are compared with the ones that were
 * given, whichever of the two comes first, and never returned.
 */
public final class Shadows {
  private static final int MOST = 128;
  private static final long OLDEST_MILLIS = 60_000;
  private static final int SHADOW = 1;

  /** Larger answers are not kept for the sake of a comparison. */
  private static final long KEPT_BYTES_MAX = 1 << 20;

  private final String ensemble;
  private final SplitFold fold;
  private final Map<String, Shadow> byCall = new LinkedHashMap<>();

  private static final class Shadow {
    final String task;
    final EnsembleStep step;
    final long sentAt;
    @Nullable List<Tensor> given;
    @Nullable List<Tensor> made;

    Shadow(String task, EnsembleStep step, long sentAt) {
      this.task = task;
      this.step = step;
      this.sentAt = sentAt;
    }
  }

  /**
   * @param ensemble its target
   * @param fold counts what the shadows did
   */
  public Shadows(String ensemble, SplitFold fold) {
    this.ensemble = ensemble;
    this.fold = fold;
  }

  /**
   * A call is to be made.
   *
   * @return false if too many are under way: it is not to be made
   */
  boolean sent(String call, String task, EnsembleStep step, long now) {
    Iterator<Shadow> oldest = byCall.values().iterator();
    while (oldest.hasNext() && now - oldest.next().sentAt > OLDEST_MILLIS) {
      oldest.remove();
    }
    if (byCall.size() >= MOST) {
      return false;
    }
    byCall.put(call, new Shadow(task, step, now));
    return true;
  }

  /** The answer that counts was given. */
  void given(String task, EnsembleStep step, List<Tensor> outputs) {
    String call =
        byCall.entrySet().stream()
            .filter(entry -> entry.getValue().task.equals(task))
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
   * @return false if it is not that of a shadow
   */
  public boolean onResult(InferenceResult result) {
    Shadow shadow = byCall.get(result.getOperationId());
    if (shadow == null) {
      return false;
    }
    boolean ok = result.getOutcome() == Outcome.OK;
    fold.ended(ensemble, shadow.step, SHADOW, ok);
    if (ok && Tensors.bytes(result.getOutputs()) <= KEPT_BYTES_MAX) {
      shadow.made = result.getOutputs();
      compare(result.getOperationId(), shadow);
    } else {
      byCall.remove(result.getOperationId());
    }
    return true;
  }

  private void compare(String call, Shadow shadow) {
    if (shadow.given != null && shadow.made != null) {
      fold.compared(ensemble, shadow.step, SHADOW, Agreement.of(shadow.given, shadow.made));
      byCall.remove(call);
    }
  }
}
