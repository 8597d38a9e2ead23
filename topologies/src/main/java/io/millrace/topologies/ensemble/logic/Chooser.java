package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleStep;
import io.millrace.events.Tensor;
import java.util.List;

/** Chooses among the models of a step, and is told how that went. */
public interface Chooser {
  /**
   * The models of a step in the order in which they are to be called: the next only if the step
   * falls back and the one before could not answer.
   *
   * @param operationId of the request; the same one should choose the same again
   * @param inputs those of the step's tensors that are at hand, by the step's names
   * @return numbers of candidates, from 0; not empty
   */
  List<Integer> order(EnsembleStep step, String operationId, List<Tensor> inputs);

  /**
   * A call has ended.
   *
   * @param candidate its number
   * @param ok whether it gave outputs
   * @param latencyMs from sending it to its answer, milliseconds
   */
  void ended(EnsembleStep step, int candidate, boolean ok, double latencyMs);
}
