package io.millrace.schemas.ensemble;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Tells ensembles that consist of parts from those that one pool's workers run whole. */
public final class Parts {
  /** The pool of ensembles that consist of parts; the topology of ensembles serves it. */
  public static final String POOL = "ensemble";

  private Parts() {}

  /** Whether a target is an ensemble whose parts are targets of their own. */
  public static boolean has(TargetSpec target) {
    ModelSpec model = target.getModel();
    return model != null && !model.getSteps().isEmpty() && target.getPool().equals(POOL);
  }

  /**
   * Whether it can run: each of its steps has a model that can.
   *
   * @param target one that {@link #has} parts
   * @param ready whether a target is ready
   */
  public static boolean ready(TargetSpec target, Predicate<String> ready) {
    return target.getModel() != null && lacking(target, ready).isEmpty();
  }

  /**
   * The models of those of its steps that no model can run.
   *
   * @param target one that {@link #has} parts
   * @param ready whether a target is ready
   */
  public static Set<String> lacking(TargetSpec target, Predicate<String> ready) {
    ModelSpec model = target.getModel();
    Set<String> lacking = new TreeSet<>();
    for (EnsembleStep step : model == null ? List.<EnsembleStep>of() : model.getSteps()) {
      List<String> models =
          step.getCandidates().stream().map(EnsembleCandidate::getTarget).toList();
      if (models.stream().noneMatch(ready)) {
        lacking.addAll(models);
      }
    }
    return lacking;
  }
}
