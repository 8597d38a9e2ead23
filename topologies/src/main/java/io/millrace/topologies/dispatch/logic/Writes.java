package io.millrace.topologies.dispatch.logic;

import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;

/**
 * Notes which conversations write, while any target is run ahead: what was made ahead for them
 * until then is no longer true.
 *
 * <p>A call of a target that is not declared read-only may write from when its task is sent until
 * its answer. Both are noted: the first so that other instances know in time, the second for what
 * was made ahead meanwhile.
 */
final class Writes {
  private final TargetTable targets;
  private final Invalidations invalidations;
  private final Outbox out;

  Writes(TargetTable targets, Invalidations invalidations, Outbox out) {
    this.targets = targets;
    this.invalidations = invalidations;
    this.out = out;
  }

  /** How much is known to be untrue by now. */
  long heard() {
    return invalidations.heard();
  }

  /** A task of the operation is about to be sent. */
  void sent(Request request, TargetSpec spec, long now) {
    if (!spec.getReadOnly()) {
      note(request, now);
    }
  }

  /** The operation is about to be answered. */
  void answered(Request request, Answer answer, long now) {
    boolean ran = answer.getAttempts() > 0 || answer.getServedBy() == ServedBy.FLIGHT;
    boolean mayWrite =
        mayWrite(request.getTarget())
            || (!answer.getAnsweredBy().isEmpty() && mayWrite(answer.getAnsweredBy()));
    if (ran && mayWrite) {
      note(request, now);
    }
  }

  private boolean mayWrite(String name) {
    Target target = targets.target(name);
    return target == null || !target.spec().getReadOnly();
  }

  private void note(Request request, long now) {
    if (targets.anySpeculative() && !request.getCorrelationId().isEmpty()) {
      invalidations.wrote(request.getTenant(), request.getCorrelationId(), now);
      out.wrote(request.getTenant(), request.getCorrelationId(), now);
    }
  }
}
