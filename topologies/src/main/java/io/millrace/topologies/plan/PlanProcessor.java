package io.millrace.topologies.plan;

import io.millrace.events.Cancel;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.schemas.serde.Received;
import io.millrace.state.PlanAnswer;
import io.millrace.state.PlanProgress;
import io.millrace.topologies.Answered;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import io.millrace.topologies.dispatch.logic.Timers;
import io.millrace.topologies.guard.logic.Guard;
import io.millrace.topologies.guard.logic.Refusal;
import io.millrace.topologies.health.HealthFlush;
import io.millrace.topologies.health.logic.ConversationSample;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.plan.logic.PlanInvalid;
import io.millrace.topologies.plan.logic.PlanResults;
import io.millrace.topologies.plan.logic.PlanRules;
import io.millrace.topologies.plan.logic.RunningPlan;
import io.millrace.topologies.plan.logic.RunningPlan.Keyed;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Runs the plans of one partition.
 *
 * <p>Only the plan itself is kept: after a restart its calls are made again under the same ids, and
 * dispatch gives the answers that were given before.
 */
final class PlanProcessor extends ContextualProcessor<String, Object, String, Object> {
  private static final Duration TICK = Duration.ofMillis(10);
  private static final int REASON_LENGTH_MAX = 1_000;

  private final TargetTable targets;
  private final DispatchPolicy policy;
  private final int partitions;
  private final RequestMetrics metrics;
  private final Map<String, RunningPlan> running = new HashMap<>();
  private final Timers<String> deadlines = new Timers<>();
  private final ConversationSample sample = new ConversationSample();
  private Ticks ticks;
  private HealthFold health;
  private KeyValueStore<String, PlanProgress> plans;
  private Answered<PlanAnswer> answers;
  private boolean resumed;

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
    ticks = new Ticks(context);
    plans = context.getStateStore(PlanTopology.PLANS);
    answers =
        new Answered<>(
            context.getStateStore(PlanTopology.ANSWERS),
            policy.dedupeWindow(),
            context.currentSystemTimeMs());
    health =
        HealthFlush.start(
            context, ticks, PlanTopology.PLAN, PlanTopology.SUMMARIES, HealthFlush.SELDOM);
    ticks.every(TICK, this::tick);
    ticks.onSetBack(this::setBack);
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
              now);
        } else if (!running.containsKey(entry.key)) {
          try {
            begin(entry.value, now);
          } catch (PlanInvalid changedRules) {
            finish(
                entry.value,
                Outcome.REFUSED,
                new Failure(changedRules.code(), changedRules.reason()),
                now);
          }
        }
      }
    }
  }

  /** Plans have as much time left as before. */
  private void setBack(long millis) {
    running.forEach(
        (id, of) -> {
          PlanProgress progress = of.progress();
          progress.setArrivedAt(progress.getArrivedAt() - millis);
          progress.setDeadlineAt(progress.getDeadlineAt() - millis);
          plans.put(id, progress);
          deadlines.set(id, progress.getDeadlineAt());
        });
  }

  private void tick(long now) {
    if (!resumed) {
      resume(now);
    }
    deadlines.expire(now, id -> stop(id, Outcome.DEADLINE_EXCEEDED, "the plan's deadline", now));
  }

  @Override
  public void process(Record<String, Object> record) {
    long now = ticks.now();
    if (!resumed) {
      resume(now);
    }
    Object value = record.value();
    if (value == null) {
      metrics.rejected();
      context().forward(Rejections.undecodable(context(), record, null), PlanTopology.REJECTIONS);
    } else if (value instanceof ToolResult result) {
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
    RunningPlan present = running.get(plan.getId());
    Long known = null;
    if (before != null) {
      known = before.getContent();
    } else if (present != null) {
      known = PlanResults.content(present.plan());
    }
    if (known != null) {
      if (known != PlanResults.content(plan)) {
        refuse(record, bytes, plan, PlanRules.idReused(plan), now);
      } else if (before != null) {
        send(before.getResult(), now);
      }
      return;
    }
    Refusal refusal = PlanRules.check(plan, circumstances(bytes, now)).orElse(null);
    if (refusal == null) {
      try {
        begin(RunningPlan.arrived(plan, now), now);
        return;
      } catch (PlanInvalid e) {
        refusal = new Refusal(Outcome.REFUSED, e.code(), e.reason());
      }
    }
    refuse(record, bytes, plan, refusal, now);
  }

  private PlanRules.Circumstances circumstances(byte[] bytes, long now) {
    return new PlanRules.Circumstances(bytes.length, partitions, policy, now);
  }

  private void begin(PlanProgress progress, long now) throws PlanInvalid {
    RunningPlan begun = new RunningPlan(progress, targets, context().taskId().partition());
    String id = begun.plan().getId();
    running.put(id, begun);
    plans.put(id, progress);
    deadlines.set(id, progress.getDeadlineAt());
    if (sample.follows(id, now)) {
      begun.eachEdge((target, other) -> restsOn(target, other, now));
    }
    advance(begun, begun.start(now), now);
  }

  private void restsOn(String target, String other, long now) {
    if (!target.equals(other) && targets.target(target) != null && targets.target(other) != null) {
      health.restsOn(target, TargetKind.TOOL, other, now);
    }
  }

  private void result(ToolResult result, long now) {
    String parent = result.getParentId();
    RunningPlan of = parent == null ? null : running.get(parent);
    if (of != null) {
      advance(of, of.onResult(result, now), now);
    }
  }

  private void advance(RunningPlan of, List<Keyed<ToolCall>> calls, long now) {
    forward(calls, PlanTopology.CALLS, now);
    if (of.ended()) {
      end(of, "the plan ended", now);
    }
  }

  private void stop(String id, Outcome why, String reason, long now) {
    RunningPlan of = running.get(id);
    if (of != null) {
      of.stop(why, reason);
      end(of, reason, now);
    }
  }

  private void end(RunningPlan of, String reason, long now) {
    forward(of.cancels(reason, now), PlanTopology.CANCELS, now);
    finish(of.plan(), of.result(now), now);
  }

  /** Ends a plan that could not be taken up again. */
  private void finish(PlanProgress progress, Outcome outcome, Failure failure, long now) {
    ToolPlan plan = progress.getPlan();
    finish(plan, PlanResults.of(plan, outcome, failure, now - progress.getArrivedAt(), now), now);
  }

  private void finish(ToolPlan plan, ToolPlanResult result, long now) {
    running.remove(plan.getId());
    deadlines.remove(plan.getId());
    plans.delete(plan.getId());
    answers.put(plan.getId(), now, PlanResults.answer(plan, result));
    send(result, now);
  }

  private void refuse(
      Record<String, ?> record, byte[] bytes, ToolPlan plan, Refusal refusal, long now) {
    metrics.rejected();
    context()
        .forward(
            Rejections.of(
                context(),
                record,
                bytes,
                Guard.name(plan.getTenant()),
                Guard.name(plan.getId()),
                refusal.code(),
                refusal.message()),
            PlanTopology.REJECTIONS);
    if (PlanRules.hasValidId(plan)) {
      PlanRules.bound(plan, circumstances(bytes, now));
      Failure failure = new Failure(refusal.code(), refusal.message());
      send(PlanResults.of(plan, refusal.outcome(), failure, 0, now), now);
    }
  }

  private void send(ToolPlanResult result, long now) {
    context()
        .forward(
            new Record<>(result.getOperationId(), (Object) result, now), PlanTopology.PLAN_RESULTS);
  }

  private <T> void forward(List<Keyed<T>> records, String sink, long now) {
    for (Keyed<T> each : records) {
      context().forward(new Record<>(each.fingerprint(), (Object) each.record(), now), sink);
    }
  }
}
