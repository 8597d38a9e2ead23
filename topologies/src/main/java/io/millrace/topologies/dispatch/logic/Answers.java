package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Attempt;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRun;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.Tensor;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import java.util.List;
import java.util.Map;

/** Words the answers that dispatch gives. */
public final class Answers {
  private Answers() {}

  static Answer fromWorker(Flight flight, Attempt done, long now) {
    Answer answer = base(flight.getRequest(), done.getOutcome(), ServedBy.WORKER, now);
    answer.setOutput(done.getOutput());
    answer.setInference(done.getInference());
    answer.setQueueMs(done.getQueueMs());
    answer.setFailure(done.getFailure());
    answer.setTargetVersion(done.getTargetVersion());
    String called = flight.getRequest().getTarget();
    answer.setAnsweredBy(called.equals(done.getTarget()) ? "" : done.getTarget());
    answer.setAttempts(flight.getAttempt());
    answer.setRunMs(done.getRunMs());
    answer.setCostMicros(done.getCostMicros());
    return answer;
  }

  /** A part of a streamed answer that is not the last one. */
  static Answer chunk(Flight flight, Attempt running, long now) {
    Answer answer = fromWorker(flight, running, now);
    InferenceRun run = running.getInference();
    if (run == null) {
      throw new IllegalArgumentException("an attempt without a run of a model is no chunk");
    }
    run.setLast(false);
    String operationId = flight.getRequest().getOperationId();
    answer.setResultId(Ids.derived(operationId, "chunk", Integer.toString(run.getChunk())));
    answer.setOutcome(Outcome.OK);
    answer.setFailure(null);
    return answer;
  }

  /**
   * Has the last answer of a stream say so where the model itself did not give it.
   *
   * @param chunks that were passed on before
   */
  static void endsStream(Answer answer, int chunks) {
    InferenceRun run = answer.getInference();
    if (run == null) {
      run = run(List.of());
      run.setChunk(chunks);
      answer.setInference(run);
    }
  }

  static Answer fromCache(Request request, CachedOutput cached, long now) {
    Outcome outcome = cached.getFailure() == null ? Outcome.OK : Outcome.TOOL_ERROR;
    Answer answer = base(request, outcome, ServedBy.CACHE, now);
    answer.setOutput(cached.getOutput());
    answer.setInference(cached.getOutputs() == null ? null : run(cached.getOutputs()));
    answer.setFailure(cached.getFailure());
    answer.setTargetVersion(cached.getTargetVersion());
    return answer;
  }

  /** What was cached once, in place of an answer that cannot be had. */
  static Answer stale(Request request, CachedOutput cached, long now) {
    Answer answer = fromCache(request, cached, now);
    answer.setServedBy(ServedBy.STALE);
    return answer;
  }

  /** What the leader of a flight got, for one that joined it. */
  static Answer shared(Answer leader, Request waiter, long now) {
    Answer answer = base(waiter, leader.getOutcome(), ServedBy.FLIGHT, now);
    answer.setOutput(leader.getOutput());
    answer.setInference(leader.getInference());
    answer.setFailure(leader.getFailure());
    answer.setTargetVersion(leader.getTargetVersion());
    answer.setAnsweredBy(leader.getAnsweredBy());
    answer.setRunMs(leader.getRunMs());
    return answer;
  }

  /**
   * The answer to an operation that did not succeed without a worker's saying so.
   *
   * @param attempts attempts that were sent
   * @param code stable name of the reason
   * @param message for people
   */
  public static Answer failed(
      Request request, Outcome outcome, int attempts, String code, String message, long now) {
    Answer answer = base(request, outcome, ServedBy.DISPATCH, now);
    answer.setFailure(new Failure(code, message));
    answer.setAttempts(attempts);
    return answer;
  }

  /** The form of an answer that is kept: large outputs by where they lie. */
  static Answer kept(Answer answer) {
    InferenceRun run = answer.getInference();
    if (run == null || run.getOutputsCoordinates() == null || run.getOutputs().isEmpty()) {
      return answer;
    }
    InferenceRun kept = InferenceRun.newBuilder(run).build();
    kept.setOutputs(List.of());
    Answer copy = Answer.newBuilder(answer).build();
    copy.setInference(kept);
    return copy;
  }

  private static InferenceRun run(List<Tensor> outputs) {
    InferenceRun run = new InferenceRun();
    run.setOutputs(outputs);
    run.setParameters(Map.of());
    run.setDevice("");
    run.setChunksDigest("");
    run.setStates(List.of());
    run.setLast(true);
    return run;
  }

  private static Answer base(Request request, Outcome outcome, ServedBy servedBy, long now) {
    Answer answer = new Answer();
    answer.setResultId(Ids.derived(request.getOperationId(), "result", outcome.name()));
    answer.setContent(request.getContent());
    answer.setAnsweredAt(now);
    answer.setOutcome(outcome);
    answer.setServedBy(servedBy);
    answer.setTargetVersion("");
    answer.setAnsweredBy("");
    answer.setLatencyMs((double) Math.max(0, now - request.getArrivedAt()));
    return answer;
  }
}
