package io.millrace.topologies.plan;

import io.millrace.events.Cancel;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.Received;
import io.millrace.state.PlanAnswer;
import io.millrace.state.PlanProgress;
import io.millrace.topologies.Answered;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import io.millrace.topologies.dispatch.logic.Timers;
import io.millrace.topologies.plan.logic.PlanInvalid;
import io.millrace.topologies.plan.logic.PlanRun;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Runs the plans of one partition.
 *
 * <p>Only the plan itself is kept: after a restart its calls are made again under the same ids, and
 * dispatch gives the answers that were given before.
 */
final class PlanProcessor extends ContextualProcessor<String, Object, String, Object> {
  private static final Duration TICK = Duration.ofMillis(10);
  private static final long DEADLINE_MILLIS = 60_000;
  private static final int REASON_LENGTH_MAX = 1_000;

  private final TargetTable targets;
  private final DispatchPolicy policy;
  private final int partitions;
  private final RequestMetrics metrics;
  private final Map<String, Running> running = new HashMap<>();
  private final Timers<String> deadlines = new Timers<>();
  private KeyValueStore<String, PlanProgress> plans;
  private Answered<PlanAnswer> answers;
  private boolean resumed;

  /**
   * A plan under way.
   *
   * @param fingerprints of the calls that were made, by name
   */
  private record Running(PlanRun run, PlanProgress progress, Map<String, String> fingerprints) {
    ToolPlan plan() {
      return progress.getPlan();
    }
  }

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  PlanProcessor(
      TargetTable targets, DispatchPolicy policy, int partitions, RequestMetrics metrics) {
    this.targets = targets;
    this.policy = policy;
    this.partitions = partitions;
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    plans = context.getStateStore(PlanTopology.PLANS);
    answers = new Answered<>(context.getStateStore(PlanTopology.ANSWERS), policy.dedupeWindow());
    context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, this::tick);
  }

  /** Takes up the plans of an earlier run; not in init, which may not forward. */
  private void resume(long now) {
    resumed = true;
    try (KeyValueIterator<String, PlanProgress> kept = plans.all()) {
      while (kept.hasNext()) {
        KeyValue<String, PlanProgress> entry = kept.next();
        if (entry.value.getDeadlineAt() <= now) {
          finish(
              entry.value,
              Outcome.DEADLINE_EXCEEDED,
              new Failure(
                  "DEADLINE_EXCEEDED",
                  "the plan's deadline passed while its task was away; calls of it may have run"),
              null,
              now);
        } else if (!running.containsKey(entry.key)) {
          try {
            begin(entry.value, now);
          } catch (PlanInvalid changedRules) {
            finish(
                entry.value,
                Outcome.REFUSED,
                new Failure(changedRules.code(), changedRules.reason()),
                null,
                now);
          }
        }
      }
    }
  }

  private void tick(long now) {
    if (!resumed) {
      resume(now);
    }
    deadlines.expire(now, id -> stop(id, Outcome.DEADLINE_EXCEEDED, "the plan's deadline", now));
  }

  @Override
  public void process(Record<String, Object> record) {
    long now = context().currentSystemTimeMs();
    if (!resumed) {
      resume(now);
    }
    Object value = record.value();
    if (value instanceof ToolResult result) {
      result(result, now);
    } else if (value instanceof Received<?> received) {
      if (received.record() instanceof ToolPlan plan) {
        plan(record, received.bytes(), plan, now);
      } else if (received.record() instanceof Cancel cancel) {
        String reason = cancel.getReason();
        stop(
            cancel.getOperationId(),
            Outcome.CANCELLED,
            reason.isEmpty()
                ? "cancelled"
                : reason.substring(0, Math.min(reason.length(), REASON_LENGTH_MAX)),
            now);
      } else if (received.problem() != null) {
        metrics.rejected();
        context()
            .forward(Rejections.undecodable(context(), record, received), PlanTopology.REJECTIONS);
      }
    }
  }

  private void plan(Record<String, ?> record, byte[] bytes, ToolPlan plan, long now) {
    PlanAnswer before = answers.get(plan.getId(), now);
    Running present = running.get(plan.getId());
    Long known = null;
    if (before != null) {
      known = before.getContent();
    } else if (present != null) {
      known = content(present.plan());
    }
    if (known != null) {
      if (known != content(plan)) {
        refuse(
            record,
            bytes,
            plan,
            Outcome.REFUSED,
            "OPERATION_ID_REUSED",
            "plan id %s was used before for another plan; give every plan an id of its own"
                .formatted(plan.getId()),
            now);
      } else if (before != null) {
        send(before.getResult(), now);
      }
      return;
    }
    Integer reply = plan.getReplyPartition();
    Instant deadline = plan.getDeadlineAt();
    if (plan.getId().isBlank() || plan.getId().length() > 128) {
      refuse(
          record,
          bytes,
          plan,
          Outcome.REFUSED,
          "ID_INVALID",
          "id has %d characters; expected a UUIDv7".formatted(plan.getId().length()),
          now);
      return;
    }
    if (reply != null && (reply < 0 || reply >= partitions)) {
      plan.setReplyPartition(null);
      refuse(
          record,
          bytes,
          plan,
          Outcome.REFUSED,
          "REPLY_PARTITION_INVALID",
          "reply_partition is %d; expected 0 to %d, or none".formatted(reply, partitions - 1),
          now);
      return;
    }
    if (deadline != null && deadline.toEpochMilli() <= now) {
      refuse(
          record,
          bytes,
          plan,
          Outcome.DEADLINE_EXCEEDED,
          "DEADLINE_EXCEEDED",
          "the deadline passed %d ms before the plan was seen"
              .formatted(now - deadline.toEpochMilli()),
          now);
      return;
    }
    Instant made = Ids.timeOf(plan.getId()).orElse(null);
    // The answers' store goes by the ids' times: one far ahead would make it forget all others.
    if (made != null && made.toEpochMilli() > now + policy.clockSkew().toMillis()) {
      refuse(
          record,
          bytes,
          plan,
          Outcome.REFUSED,
          "ID_FROM_THE_FUTURE",
          "the id's time lies %d ms ahead; expected at most %d: set the caller's clock"
              .formatted(made.toEpochMilli() - now, policy.clockSkew().toMillis()),
          now);
      return;
    }
    if (made != null && made.toEpochMilli() < now - policy.dedupeWindow().toMillis()) {
      refuse(
          record,
          bytes,
          plan,
          Outcome.REFUSED,
          "ID_TOO_OLD",
          "plan id %s was made at %s, longer ago than answers are kept (%s); send the plan again under a new id"
              .formatted(plan.getId(), made, policy.dedupeWindow()),
          now);
      return;
    }
    PlanProgress progress = new PlanProgress();
    progress.setPlan(plan);
    progress.setArrivedAt(now);
    progress.setDeadlineAt(deadline != null ? deadline.toEpochMilli() : now + DEADLINE_MILLIS);
    try {
      begin(progress, now);
    } catch (PlanInvalid e) {
      refuse(record, bytes, plan, Outcome.REFUSED, e.code(), e.reason(), now);
    }
  }

  private void begin(PlanProgress progress, long now) throws PlanInvalid {
    Running begun = new Running(new PlanRun(progress.getPlan()), progress, new HashMap<>());
    String id = begun.plan().getId();
    running.put(id, begun);
    plans.put(id, progress);
    deadlines.set(id, progress.getDeadlineAt());
    advance(begun, begun.run().start(), now);
  }

  private void result(ToolResult result, long now) {
    String parent = result.getParentId();
    Running of = parent == null ? null : running.get(parent);
    if (of != null) {
      advance(of, of.run().onResult(result), now);
    }
  }

  private void advance(Running of, List<PlanRun.Step> steps, long now) {
    for (PlanRun.Step step : steps) {
      call(of, step, now);
    }
    if (of.run().ended()) {
      cancelOutstanding(of, now);
      finish(of.progress(), of.run().outcome(), of.run().failure(), of.run(), now);
    }
  }

  private void call(Running of, PlanRun.Step step, long now) {
    ToolPlan plan = of.plan();
    String name = TargetTable.toolName(step.call().getTarget());
    ToolCall call = new ToolCall();
    call.setId(Ids.part(plan.getId(), step.call().getName()));
    call.setTenant(plan.getTenant());
    call.setCorrelationId(plan.getCorrelationId());
    call.setOccurredAt(Instant.ofEpochMilli(now));
    call.setTraceparent(plan.getTraceparent());
    call.setTarget(name);
    call.setArguments(step.arguments());
    Long timeout = step.call().getTimeoutMs();
    long deadline = of.progress().getDeadlineAt();
    call.setDeadlineAt(
        Instant.ofEpochMilli(
            timeout == null || timeout > deadline - now ? deadline : now + timeout));
    call.setReplyPartition(context().taskId().partition());
    call.setParentId(plan.getId());
    call.setParentCall(step.call().getName());
    String fingerprint = fingerprint(call);
    of.fingerprints().put(step.call().getName(), fingerprint);
    context().forward(new Record<>(fingerprint, (Object) call, now), PlanTopology.CALLS);
  }

  /** The call's fingerprint, so that it takes the short way into dispatch. */
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

  private void stop(String id, Outcome why, String reason, long now) {
    Running of = running.get(id);
    if (of != null) {
      List<String> outstanding = of.run().outstanding();
      of.run().stop(why, new Failure(why.name(), reason));
      cancel(of, outstanding, reason, now);
      finish(of.progress(), of.run().outcome(), of.run().failure(), of.run(), now);
    }
  }

  private void cancelOutstanding(Running of, long now) {
    cancel(of, of.run().outstanding(), "the plan ended", now);
  }

  private void cancel(Running of, List<String> names, String reason, long now) {
    for (String name : names) {
      String operationId = Ids.part(of.plan().getId(), name);
      Cancel cancel = new Cancel();
      cancel.setId(Ids.derived(operationId, "cancel"));
      cancel.setTenant(of.plan().getTenant());
      cancel.setCorrelationId(of.plan().getCorrelationId());
      cancel.setOccurredAt(Instant.ofEpochMilli(now));
      cancel.setOperationId(operationId);
      cancel.setReason(reason);
      context()
          .forward(
              new Record<>(of.fingerprints().get(name), (Object) cancel, now),
              PlanTopology.CANCELS);
    }
  }

  private void finish(
      PlanProgress progress,
      Outcome outcome,
      @Nullable Failure failure,
      @Nullable PlanRun run,
      long now) {
    ToolPlan plan = progress.getPlan();
    running.remove(plan.getId());
    deadlines.remove(plan.getId());
    plans.delete(plan.getId());
    ToolPlanResult result = answer(plan, outcome, failure, now - progress.getArrivedAt(), now);
    if (run != null) {
      result.setCalls(run.results());
    }
    PlanAnswer answer = new PlanAnswer();
    answer.setContent(content(plan));
    answer.setResult(result);
    answers.put(plan.getId(), now, answer);
    send(result, now);
  }

  private void refuse(
      Record<String, ?> record,
      byte[] bytes,
      ToolPlan plan,
      Outcome outcome,
      String code,
      String message,
      long now) {
    metrics.rejected();
    context()
        .forward(
            Rejections.of(context(), record, bytes, plan.getTenant(), plan.getId(), code, message),
            PlanTopology.REJECTIONS);
    if (!plan.getId().isBlank()) {
      send(answer(plan, outcome, new Failure(code, message), 0, now), now);
    }
  }

  private void send(ToolPlanResult result, long now) {
    context()
        .forward(
            new Record<>(result.getOperationId(), (Object) result, now), PlanTopology.PLAN_RESULTS);
  }

  private static ToolPlanResult answer(
      ToolPlan plan, Outcome outcome, @Nullable Failure failure, long latencyMillis, long now) {
    ToolPlanResult result = new ToolPlanResult();
    result.setId(Ids.derived(plan.getId(), "result"));
    result.setTenant(plan.getTenant());
    result.setCorrelationId(plan.getCorrelationId());
    result.setOccurredAt(Instant.ofEpochMilli(now));
    result.setTraceparent(plan.getTraceparent());
    result.setOperationId(plan.getId());
    result.setOutcome(outcome);
    result.setFailure(failure);
    result.setCalls(List.of());
    result.setLatencyMs((double) latencyMillis);
    result.setReplyPartition(plan.getReplyPartition());
    result.setParentId(plan.getParentId());
    return result;
  }

  private static long content(ToolPlan plan) {
    return plan.getCalls().hashCode();
  }
}
