package io.millrace.topologies.plan.logic;

import io.millrace.events.Cancel;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.state.PlanProgress;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A plan under way: makes tool calls of its steps, cancels those that nobody waits for any more,
 * and gives its result.
 *
 * <p>Ids of calls are derived from plan and name, so that a plan that begins again makes the same
 * calls again.
 */
public final class RunningPlan {
  private static final long DEADLINE_MILLIS = 60_000;

  private final PlanProgress progress;
  private final TargetTable targets;
  private final int home;
  private final PlanRun run;
  private final Map<String, String> fingerprints = new HashMap<>();

  /**
   * A record and the key it is written under.
   *
   * @param fingerprint the call's, so that it takes the short way into dispatch
   */
  public record Keyed<T>(String fingerprint, T record) {}

  /**
   * Reads a plan; it makes nothing before {@link #start}.
   *
   * @param home partition of {@code tool.results} that its calls are answered on
   * @throws PlanInvalid if it cannot be run
   */
  public RunningPlan(PlanProgress progress, TargetTable targets, int home) throws PlanInvalid {
    this.progress = progress;
    this.targets = targets;
    this.home = home;
    this.run = new PlanRun(progress.getPlan());
  }

  /**
   * What is to be kept of a plan that has just arrived; without a deadline of its own it has a
   * minute.
   *
   * @param now milliseconds since the epoch
   */
  public static PlanProgress arrived(ToolPlan plan, long now) {
    Instant deadline = plan.getDeadlineAt();
    PlanProgress progress = new PlanProgress();
    progress.setPlan(plan);
    progress.setArrivedAt(now);
    progress.setDeadlineAt(deadline != null ? deadline.toEpochMilli() : now + DEADLINE_MILLIS);
    return progress;
  }

  /** What is kept of it while it runs. */
  public PlanProgress progress() {
    return progress;
  }

  /** The plan. */
  public ToolPlan plan() {
    return progress.getPlan();
  }

  /** The calls that wait for nothing; to be called once, first. */
  public List<Keyed<ToolCall>> start(long now) {
    return calls(run.start(), now);
  }

  /**
   * Takes a result that names this plan.
   *
   * @return the calls that can be made now; none if the result is not that of a call that was made
   */
  public List<Keyed<ToolCall>> onResult(ToolResult result, long now) {
    // Any client may name a plan and one of its calls in a call of its own.
    if (!result.getOperationId().equals(operationId(result.getParentCall()))) {
      return List.of();
    }
    return calls(run.onResult(result), now);
  }

  /**
   * Gives each pair of targets of which the first is called with, or after, what the other gave.
   */
  public void eachEdge(BiConsumer<String, String> edges) {
    run.eachEdge(
        (call, before) ->
            edges.accept(
                TargetTable.toolName(call.getTarget()), TargetTable.toolName(before.getTarget())));
  }

  /** Ends the plan now, such as at its deadline. */
  public void stop(Outcome why, String reason) {
    run.stop(why, new Failure(why.name(), reason));
  }

  /** Whether nothing is left to wait for. */
  public boolean ended() {
    return run.ended();
  }

  /** Cancels what was made and has not ended. */
  public List<Keyed<Cancel>> cancels(String reason, long now) {
    return run.outstanding().stream().map(name -> cancel(name, reason, now)).toList();
  }

  /** How it and its calls ended. */
  public ToolPlanResult result(long now) {
    ToolPlanResult result =
        PlanResults.of(plan(), run.outcome(), run.failure(), now - progress.getArrivedAt(), now);
    result.setCalls(PlanResults.fitting(run.results()));
    return result;
  }

  private String operationId(String call) {
    return Ids.part(plan().getId(), call);
  }

  private List<Keyed<ToolCall>> calls(List<PlanRun.Step> steps, long now) {
    return steps.stream().map(step -> call(step, now)).toList();
  }

  private Keyed<ToolCall> call(PlanRun.Step step, long now) {
    String name = step.call().getName();
    ToolCall call = new ToolCall();
    call.setId(operationId(name));
    call.setTenant(plan().getTenant());
    call.setCorrelationId(plan().getCorrelationId());
    call.setOccurredAt(Instant.ofEpochMilli(now));
    call.setTraceparent(plan().getTraceparent());
    call.setTarget(TargetTable.toolName(step.call().getTarget()));
    call.setArguments(step.arguments());
    Long timeout = step.call().getTimeoutMs();
    long deadline = progress.getDeadlineAt();
    call.setDeadlineAt(
        Instant.ofEpochMilli(
            timeout == null || timeout > deadline - now ? deadline : now + timeout));
    call.setReplyPartition(home);
    call.setParentId(plan().getId());
    call.setParentCall(name);
    String fingerprint = fingerprint(call);
    fingerprints.put(name, fingerprint);
    return new Keyed<>(fingerprint, call);
  }

  private String fingerprint(ToolCall call) {
    Target target = targets.target(call.getTarget());
    if (target != null && target.cacheable()) {
      try {
        return Fingerprint.ofWork(
            call.getTenant(), target.name(), target.spec().getVersion(), call.getArguments());
      } catch (IllegalArgumentException notJson) {
        // The guard says so to the caller.
      }
    }
    return Fingerprint.ofOperation(call.getId());
  }

  private Keyed<Cancel> cancel(String name, String reason, long now) {
    String operationId = operationId(name);
    Cancel cancel = new Cancel();
    cancel.setId(Ids.derived(operationId, "cancel"));
    cancel.setTenant(plan().getTenant());
    cancel.setCorrelationId(plan().getCorrelationId());
    cancel.setOccurredAt(Instant.ofEpochMilli(now));
    cancel.setOperationId(operationId);
    cancel.setReason(reason);
    return new Keyed<>(
        fingerprints.getOrDefault(name, Fingerprint.ofOperation(operationId)), cancel);
  }
}
