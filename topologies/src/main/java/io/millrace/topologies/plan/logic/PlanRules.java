package io.millrace.topologies.plan.logic;

import io.millrace.events.Outcome;
import io.millrace.events.ToolPlan;
import io.millrace.schemas.identity.Ids;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
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
  private static final int ID_LENGTH_MAX = 128;

  private static final List<Rule> RULES =
      List.of(
          PlanRules::identity,
          PlanRules::replyPartition,
          PlanRules::deadline,
          PlanRules::clock,
          PlanRules::age);

  private PlanRules() {}

  /**
   * What a plan is judged against.
   *
   * @param replyPartitions partitions of the results topic
   * @param policy window and clock skew of operation ids
   * @param now milliseconds since the epoch
   */
  public record Circumstances(int replyPartitions, DispatchPolicy policy, long now) {}

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

  private static @Nullable Refusal identity(ToolPlan plan, Circumstances circumstances) {
    int length = plan.getId().length();
    if (!plan.getId().isBlank() && length <= ID_LENGTH_MAX) {
      return null;
    }
    return Refusal.of("ID_INVALID", "id has %d characters; expected a UUIDv7".formatted(length));
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
