package io.millrace.topologies.plan.logic;

import io.millrace.events.Outcome;
import io.millrace.events.ToolPlan;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.Topic;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import io.millrace.topologies.guard.logic.Guard;
import io.millrace.topologies.guard.logic.Refusal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says which plans may begin: a row of rules, each with a verdict; the first refusal counts.
 *
 * <p>Rules look at what surrounds the calls; whether these can be run is {@link PlanRun}'s to say,
 * and whether each may go on is the guard's.
 */
public final class PlanRules {
  /** Largest plan, bytes: a call of it, or what is kept of it, fits a record with its key. */
  private static final int PLAN_BYTES_MAX = Topic.RECORD_BYTES_MAX - (64 << 10);

  private static final List<Rule> RULES =
      List.of(
          PlanRules::identity,
          PlanRules::context,
          PlanRules::size,
          PlanRules::replyPartition,
          PlanRules::deadline,
          PlanRules::clock,
          PlanRules::age);

  private PlanRules() {}

  /**
   * What a plan is judged against.
   *
   * @param bytes size of the plan's record
   * @param replyPartitions partitions of the results topic
   * @param policy window and clock skew of operation ids
   * @param now milliseconds since the epoch
   */
  public record Circumstances(int bytes, int replyPartitions, DispatchPolicy policy, long now) {}

  /** One rule. */
  private interface Rule {
    /** Null if the plan may begin. */
    @Nullable Refusal check(ToolPlan plan, Circumstances circumstances);
  }

  /**
   * Judges a plan.
   *
   * @return why it may not begin; empty if it may
   */
  public static Optional<Refusal> check(ToolPlan plan, Circumstances circumstances) {
    for (Rule rule : RULES) {
      Refusal refusal = rule.check(plan, circumstances);
      if (refusal != null) {
        return Optional.of(refusal);
      }
    }
    return Optional.empty();
  }

  /** The refusal of a plan whose id was used for another. */
  public static Refusal idReused(ToolPlan plan) {
    return Refusal.of(
        "OPERATION_ID_REUSED",
        "plan id %s was used before for another plan; give every plan an id of its own"
            .formatted(plan.getId()));
  }

  /** Cuts what a refused plan says of itself, so that its answer fits its topic and has a place. */
  public static void bound(ToolPlan plan, Circumstances circumstances) {
    plan.setTenant(Guard.name(plan.getTenant()));
    plan.setCorrelationId(Guard.context(plan.getCorrelationId()));
    String traceparent = plan.getTraceparent();
    plan.setTraceparent(traceparent == null ? null : Guard.context(traceparent));
    String parent = plan.getParentId();
    plan.setParentId(parent == null ? null : Guard.context(parent));
    if (replyPartition(plan, circumstances) != null) {
      plan.setReplyPartition(null);
    }
  }

  /** Whether it has an id under which it can be answered. */
  public static boolean hasValidId(ToolPlan plan) {
    return !plan.getId().isBlank() && plan.getId().length() <= Guard.ID_LENGTH_MAX;
  }

  private static @Nullable Refusal identity(ToolPlan plan, Circumstances circumstances) {
    if (!hasValidId(plan)) {
      return Refusal.of(
          "ID_INVALID",
          "id has %d characters; expected a UUIDv7, 1 to %d characters"
              .formatted(plan.getId().length(), Guard.ID_LENGTH_MAX));
    }
    int tenant = plan.getTenant().length();
    if (plan.getTenant().isBlank() || tenant > Guard.NAME_LENGTH_MAX) {
      return Refusal.of(
          "TENANT_INVALID",
          "tenant has %d characters; expected 1 to %d".formatted(tenant, Guard.NAME_LENGTH_MAX));
    }
    return null;
  }

  private static @Nullable Refusal context(ToolPlan plan, Circumstances circumstances) {
    for (String text :
        new String[] {plan.getCorrelationId(), plan.getTraceparent(), plan.getParentId()}) {
      if (text != null && text.length() > Guard.CONTEXT_LENGTH_MAX) {
        return Refusal.of(
            "CONTEXT_TOO_LARGE",
            "correlation_id, traceparent and parent_id may have %d characters each; one has %d"
                .formatted(Guard.CONTEXT_LENGTH_MAX, text.length()));
      }
    }
    return null;
  }

  private static @Nullable Refusal size(ToolPlan plan, Circumstances circumstances) {
    if (circumstances.bytes() <= PLAN_BYTES_MAX) {
      return null;
    }
    return Refusal.of(
        "PLAN_TOO_LARGE",
        "the plan has %d bytes; expected at most %d: pass references to large data"
            .formatted(circumstances.bytes(), PLAN_BYTES_MAX));
  }

  private static @Nullable Refusal replyPartition(ToolPlan plan, Circumstances circumstances) {
    Integer partition = plan.getReplyPartition();
    if (partition == null || (partition >= 0 && partition < circumstances.replyPartitions())) {
      return null;
    }
    return Refusal.of(
        "REPLY_PARTITION_INVALID",
        "reply_partition is %d; expected 0 to %d, or none"
            .formatted(partition, circumstances.replyPartitions() - 1));
  }

  private static @Nullable Refusal deadline(ToolPlan plan, Circumstances circumstances) {
    Instant deadline = plan.getDeadlineAt();
    if (deadline == null || deadline.toEpochMilli() > circumstances.now()) {
      return null;
    }
    return new Refusal(
        Outcome.DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
        "the deadline passed %d ms before the plan was seen"
            .formatted(circumstances.now() - deadline.toEpochMilli()));
  }

  /** The answers' store goes by the ids' times: one far ahead would make it forget all others. */
  private static @Nullable Refusal clock(ToolPlan plan, Circumstances circumstances) {
    long skew = circumstances.policy().clockSkew().toMillis();
    long ahead =
        Ids.timeOf(plan.getId()).map(made -> made.toEpochMilli() - circumstances.now()).orElse(0L);
    if (ahead <= skew) {
      return null;
    }
    return Refusal.of(
        "ID_FROM_THE_FUTURE",
        "the id's time lies %d ms ahead; expected at most %d: set the caller's clock"
            .formatted(ahead, skew));
  }

  private static @Nullable Refusal age(ToolPlan plan, Circumstances circumstances) {
    Instant made = Ids.timeOf(plan.getId()).orElse(null);
    long oldest = circumstances.now() - circumstances.policy().dedupeWindow().toMillis();
    if (made == null || made.toEpochMilli() >= oldest) {
      return null;
    }
    return Refusal.of(
        "ID_TOO_OLD",
        "plan id %s was made at %s, longer ago than answers are kept (%s); send the plan again under a new id"
            .formatted(plan.getId(), made, circumstances.policy().dedupeWindow()));
  }
}
