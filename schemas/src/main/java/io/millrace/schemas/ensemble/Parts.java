package io.millrace.schemas.ensemble;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

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
    return lacking(target, ready).findAny().isEmpty();
  }

  /**
   * The models of each of its steps that none of them can run.
   *
   * @param target one that {@link #has} parts
   * @param ready whether a target is ready
   */
  public static Stream<List<String>> lacking(TargetSpec target, Predicate<String> ready) {
    ModelSpec model = target.getModel();
    return model == null
        ? Stream.of(List.of())
        : model.getSteps().stream()
            .map(Parts::models)
            .filter(models -> models.stream().noneMatch(ready));
  }

  private static List<String> models(EnsembleStep step) {
    return step.getCandidates().stream().map(EnsembleCandidate::getTarget).toList();
  }
}
