package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleStep;
import io.millrace.events.InferenceResult;
import io.millrace.events.Tensor;
import java.util.List;
import java.util.Map;

/** Chooses among the models of a step, and is told how that went. */
public interface Chooser {
  /**
   * A request that reaches a step.
   *
   * @param operationId of the ensemble's request; the same one should choose the same again
   * @param inputs those of the step's tensors that are at hand
   * @param parameters of the request: JSON texts
   */
  record Request(String operationId, List<Tensor> inputs, Map<String, String> parameters) {}

  /**
   * What a step calls.
   *
   * @param order numbers of candidates, from 0, in the order in which they are to be called: the
   *     next only if the one before could not answer; not empty
   * @param beside numbers of those that are called as well, their answers only to be compared
   * @param why for people; empty: the declaration of the step says it
   */
  record Choice(List<Integer> order, List<Integer> beside, String why) {
    static Choice of(List<Integer> order) {
      return new Choice(order, List.of(), "");
    }
  }

  /**
   * Chooses for a request.
   *
   * @param now milliseconds since the epoch
   */
  Choice choose(EnsembleStep step, Request request, long now);

  /**
   * A call has ended, of one that answers or of one beside it.
   *
   * @param operationId of the ensemble's request
   * @param candidate its number
   * @param latencyMs from sending it to its answer, milliseconds
   * @param now milliseconds since the epoch
   */
  void ended(
      EnsembleStep step,
      String operationId,
      int candidate,
      InferenceResult result,
      double latencyMs,
      long now);
}
