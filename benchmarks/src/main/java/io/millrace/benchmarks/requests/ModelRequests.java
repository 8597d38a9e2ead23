package io.millrace.benchmarks.requests;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.topics.InferenceTopics;
import java.time.Instant;
import java.util.List;
import java.util.function.LongFunction;

/** Requests to one model, and what its answers say of the batches that they ran in. */
final class ModelRequests {
  private final String model;
  private final LongFunction<List<Tensor>> inputs;
  private long made;
  private double runs;
  private long answers;
  private double computeMs;
  private double meanComputeMs;

  /**
   * @param inputs of the n-th request
   */
  ModelRequests(String model, LongFunction<List<Tensor>> inputs) {
    this.model = model;
    this.inputs = inputs;
  }

  RequestKind<InferenceRequest, InferenceResult> kind() {
    return new RequestKind<>(
        InferenceTopics.REQUESTS,
        InferenceTopics.RESULTS,
        Fingerprint::ofOperation,
        this::request,
        InferenceResult::getOperationId,
        this::fault);
  }

  private InferenceRequest request(String id, int replyPartition) {
    return InferenceRequest.newBuilder()
        .setId(id)
        .setOccurredAt(Instant.now())
        .setModel(model)
        .setInputs(inputs.apply(made++))
        .setReplyPartition(replyPartition)
        .build();
  }

  private String fault(InferenceResult answer) {
    if (answer.getOutcome() != Outcome.OK) {
      return "%s: %s".formatted(answer.getOutcome(), answer.getFailure());
    }
    answers++;
    computeMs += answer.getComputeMs();
    runs += 1.0 / Math.max(1, answer.getBatchSize());
    return answer.getOutputs().isEmpty() ? "it has no outputs" : "";
  }

  /** Mean rows of a run since the last call of this; each request is one row. */
  double meanBatch() {
    double mean = answers / runs;
    meanComputeMs = computeMs / Math.max(1, answers);
    computeMs = 0;
    answers = 0;
    runs = 0;
    return mean;
  }

  /** Mean time of a request's runs, milliseconds, up to the last call of {@link #meanBatch}. */
  double meanComputeMs() {
    return meanComputeMs;
  }
}
