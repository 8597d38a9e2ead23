package io.millrace.topologies.ensemble.logic;

import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.events.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Adds up what the calls of an ensemble took. */
final class RunTotals {
  private final Map<String, String> served = new HashMap<>();
  private final Set<String> devices = new TreeSet<>();
  private double batchMs;
  private double computeMs;
  private int batchSize;
  private long costMicros;

  /** A call ended well. */
  void add(InferenceResult result) {
    batchMs += result.getBatchMs();
    computeMs += result.getComputeMs();
    batchSize = Math.max(batchSize, result.getBatchSize());
    costMicros += result.getCostMicros();
    if (!result.getDevice().isEmpty()) {
      devices.add(result.getDevice());
    }
  }

  /**
   * A step that chooses was served by a model.
   *
   * @param why for people; empty: the step's declaration says it
   */
  void served(String step, String target, String why) {
    served.put("served." + step, '"' + target + '"');
    if (!why.isEmpty()) {
      served.put("why." + step, TextNode.valueOf(why).toString());
    }
  }

  long costMicros() {
    return costMicros;
  }

  /** All of them as one run. */
  InferenceRun run(List<Tensor> outputs) {
    InferenceRun run = new InferenceRun();
    run.setOutputs(outputs);
    run.setParameters(served);
    run.setBatchMs(batchMs);
    run.setComputeMs(computeMs);
    run.setBatchSize(batchSize);
    run.setDevice(String.join(",", devices));
    run.setChunk(0);
    run.setLast(true);
    run.setChunksDigest("");
    run.setStates(List.of());
    return run;
  }
}
