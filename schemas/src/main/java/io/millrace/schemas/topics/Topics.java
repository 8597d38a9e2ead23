package io.millrace.schemas.topics;

import static io.millrace.schemas.topics.Topic.Cleanup.COMPACT;
import static io.millrace.schemas.topics.Topic.Cleanup.COMPACT_AND_DELETE;
import static io.millrace.schemas.topics.Topic.Cleanup.DELETE;
import static io.millrace.schemas.topics.Topic.Spread.KEYED;
import static io.millrace.schemas.topics.Topic.Spread.SINGLE;

import io.millrace.events.Alert;
import io.millrace.events.Attempt;
import io.millrace.events.Audit;
import io.millrace.events.CacheInvalidation;
import io.millrace.events.Cancel;
import io.millrace.events.Control;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.Rejection;
import io.millrace.events.ScalingDecision;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.ToolCached;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.events.ToolStep;
import io.millrace.events.Usage;
import io.millrace.events.UsageWindow;
import io.millrace.events.WorkerStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The catalogue: every topic that Millrace uses, once. Provisioning, serdes and documents are made
 * from it.
 */
public final class Topics {
  /** What a pool may be called. */
  public static final Pattern POOL_NAME = Pattern.compile("[a-z0-9-]{1,40}");

  private static final Pattern TASKS_NAME =
      Pattern.compile(
          "(?<kind>tool|inference)\\.tasks\\.(?<pool>"
              + POOL_NAME
              + ")(?<sequences>\\.sequences)?");

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);
  private static final Duration QUARTER = Duration.ofDays(90);
  private static final String BY_FINGERPRINT = "fingerprint";
  private static final String BY_OPERATION = "operation id";
  private static final String BY_TARGET = "target";
  private static final String ANY_POOL = "<pool>";

  /** Plans of tool calls. */
  public static final Topic<ToolPlan> TOOL_PLANS =
      new Topic<>("tool.plans", ToolPlan.class, "plan id", KEYED, DELETE, DAY, "clients", "plan");

  /** The answers to plans. */
  public static final Topic<ToolPlanResult> TOOL_PLAN_RESULTS =
      new Topic<>(
          "tool.plan-results",
          ToolPlanResult.class,
          "plan id",
          KEYED,
          DELETE,
          DAY,
          "plan",
          "clients");

  /** Tool calls. */
  public static final Topic<ToolCall> TOOL_CALLS =
      new Topic<>(
          "tool.calls",
          ToolCall.class,
          "fingerprint, or any",
          KEYED,
          DELETE,
          DAY,
          "clients, plan, speculation",
          "dispatch");

  /** Tool calls that arrived elsewhere than their fingerprint's partition. */
  public static final Topic<ToolCall> TOOL_CALLS_ROUTED =
      new Topic<>(
          "tool.calls-routed",
          ToolCall.class,
          BY_FINGERPRINT,
          KEYED,
          DELETE,
          DAY,
          "guard",
          "dispatch");

  /** The answers to tool calls, and runs that outsiders report. */
  public static final Topic<ToolResult> TOOL_RESULTS =
      new Topic<>(
          "tool.results",
          ToolResult.class,
          BY_OPERATION,
          KEYED,
          DELETE,
          DAY,
          "dispatch, clients",
          "clients, plan, health, ledger");

  /** Conversations, step by step: all while any target is run ahead, else a sample. */
  public static final Topic<ToolStep> TOOL_STEPS =
      new Topic<>(
          "tool.steps",
          ToolStep.class,
          "tenant and correlation id",
          KEYED,
          DELETE,
          DAY,
          "dispatch, clients",
          "speculation, health");

  /** What workers say of tool tasks. */
  public static final Topic<Attempt> TOOL_ATTEMPTS =
      new Topic<>(
          "tool.attempts",
          Attempt.class,
          BY_FINGERPRINT,
          KEYED,
          DELETE,
          DAY,
          "workers",
          "dispatch");

  /** Wishes to end tool calls. */
  public static final Topic<Cancel> TOOL_CANCELS =
      new Topic<>(
          "tool.cancels",
          Cancel.class,
          BY_FINGERPRINT,
          KEYED,
          DELETE,
          DAY,
          "clients, plan",
          "dispatch");

  /** Wishes to end plans. */
  public static final Topic<Cancel> TOOL_PLAN_CANCELS =
      new Topic<>(
          "tool.plan-cancels", Cancel.class, "plan id", KEYED, DELETE, DAY, "clients", "plan");

  /** Dispatch's word to the workers of tools. */
  public static final Topic<Control> TOOL_CONTROLS =
      new Topic<>(
          "tool.controls",
          Control.class,
          BY_OPERATION,
          KEYED,
          DELETE,
          Duration.ofMinutes(10),
          "dispatch",
          "every worker");

  /**
   * Answers of tools as they were cached; what expired and is never asked for again goes in time.
   */
  public static final Topic<ToolCached> TOOL_CACHED =
      new Topic<>(
          "tool.cached",
          ToolCached.class,
          BY_FINGERPRINT,
          KEYED,
          COMPACT_AND_DELETE,
          WEEK,
          "dispatch",
          "dispatch of new instances and other regions");

  /** What is cached and no longer true. */
  public static final Topic<CacheInvalidation> CACHE_INVALIDATIONS =
      new Topic<>(
          "cache.invalidations",
          CacheInvalidation.class,
          "scope and name",
          SINGLE,
          COMPACT,
          WEEK,
          "clients",
          "dispatch");

  /** Conversations that wrote, while any target is run ahead. */
  public static final Topic<CacheInvalidation> TOOL_WRITES =
      new Topic<>(
          "tool.writes",
          CacheInvalidation.class,
          "tenant and correlation id",
          SINGLE,
          DELETE,
          Duration.ofHours(1),
          "dispatch",
          "dispatch");

  /** The workers' heartbeats. */
  public static final Topic<WorkerStatus> WORKERS =
      new Topic<>(
          "workers",
          WorkerStatus.class,
          "worker id",
          KEYED,
          COMPACT,
          Duration.ZERO,
          "workers",
          "health, scaling, status");

  /** Tools, models, pools and their policies. */
  public static final Topic<TargetSpec> TARGETS =
      new Topic<>(
          "targets",
          TargetSpec.class,
          "target or pool",
          KEYED,
          COMPACT,
          WEEK,
          "operators, gateway",
          "dispatch, plan, workers, gateway");

  /** What stream tasks saw of targets, added up per flush. */
  public static final Topic<HealthSummary> HEALTH_SUMMARIES =
      new Topic<>(
          "health.summaries",
          HealthSummary.class,
          BY_TARGET,
          KEYED,
          DELETE,
          DAY,
          "dispatch and the other event streams",
          "health");

  /** Health and circuit of every target. */
  public static final Topic<HealthStatus> HEALTH_STATUS =
      new Topic<>(
          "health.status",
          HealthStatus.class,
          BY_TARGET,
          KEYED,
          COMPACT,
          WEEK,
          "health",
          "dispatch, gateway, clients");

  /** How many replicas each pool is to have, and why. */
  public static final Topic<ScalingDecision> SCALING_DECISIONS =
      new Topic<>(
          "scaling.decisions",
          ScalingDecision.class,
          "pool",
          KEYED,
          COMPACT,
          WEEK,
          "scaling",
          "workers, autoscaler");

  /** Who did or decided what. */
  public static final Topic<Audit> AUDIT =
      new Topic<>(
          "audit",
          Audit.class,
          "tenant",
          KEYED,
          DELETE,
          QUARTER,
          "speculation, ensemble",
          "people, sinks");

  /** What each operation used. */
  public static final Topic<Usage> USAGE =
      new Topic<>(
          "usage", Usage.class, "tenant", KEYED, DELETE, QUARTER, "ledger", "people, sinks");

  /** What operations used whose results lie elsewhere than at their id's home. */
  public static final Topic<Usage> USAGE_ROUTED =
      new Topic<>(
          "usage.routed", Usage.class, BY_OPERATION, KEYED, DELETE, DAY, "ledger", "ledger");

  /** What was used, by hour and by day. */
  public static final Topic<UsageWindow> USAGE_WINDOWS =
      new Topic<>(
          "usage.windows",
          UsageWindow.class,
          "window, tenant, target and part",
          KEYED,
          COMPACT_AND_DELETE,
          QUARTER,
          "ledger",
          "status, people, sinks");

  /** What people should know. */
  public static final Topic<Alert> ALERTS =
      new Topic<>("alerts", Alert.class, "tenant", KEYED, DELETE, WEEK, "all", "people, sinks");

  /** What was not processed, with its bytes. */
  public static final Topic<Rejection> REJECTIONS =
      new Topic<>(
          "rejections",
          Rejection.class,
          "tenant, or source topic where no tenant can be read",
          KEYED,
          DELETE,
          WEEK,
          "all",
          "people");

  private static final List<Topic<?>> OPERATIONS =
      List.of(
          TOOL_PLANS,
          TOOL_PLAN_RESULTS,
          TOOL_PLAN_CANCELS,
          TOOL_CALLS,
          TOOL_CALLS_ROUTED,
          TOOL_RESULTS,
          TOOL_STEPS,
          TOOL_ATTEMPTS,
          TOOL_CANCELS,
          TOOL_CONTROLS,
          TOOL_CACHED,
          CACHE_INVALIDATIONS,
          TOOL_WRITES,
          WORKERS,
          TARGETS,
          HEALTH_SUMMARIES,
          HEALTH_STATUS,
          SCALING_DECISIONS,
          ALERTS,
          AUDIT,
          USAGE,
          USAGE_ROUTED,
          USAGE_WINDOWS,
          REJECTIONS);

  private static final List<Topic<?>> ALL =
      Stream.of(
              OPERATIONS,
              InferenceTopics.ALL,
              MeshTopics.ALL,
              TrainingTopics.ALL,
              PipelineTopics.ALL)
          .<Topic<?>>flatMap(List::stream)
          .toList();

  private Topics() {}

  /** Every topic but the families. */
  public static List<Topic<?>> all() {
    return ALL;
  }

  /** The families, each as the topic of the pool {@code <pool>}, which no pool can be called. */
  public static List<Topic<?>> families() {
    return List.of(tasks("tool", ANY_POOL), tasks("inference", ANY_POOL), sequences(ANY_POOL));
  }

  /**
   * The topic from which the workers of a pool take tool tasks; a member of the family {@code
   * tool.tasks.<pool>}.
   *
   * @param pool name of the pool
   * @throws IllegalArgumentException if no pool may be called that
   */
  public static Topic<Task> toolTasks(String pool) {
    return tasks("tool", checked(pool));
  }

  /**
   * The topic from which the workers of a pool take inference tasks; a member of the family {@code
   * inference.tasks.<pool>}.
   *
   * @param pool name of the pool
   * @throws IllegalArgumentException if no pool may be called that
   */
  public static Topic<Task> inferenceTasks(String pool) {
    return tasks("inference", checked(pool));
  }

  /**
   * The topic from which the workers of a pool take the tasks of sequences; a member of the family
   * {@code inference.tasks.<pool>.sequences}.
   *
   * @param pool name of the pool
   * @throws IllegalArgumentException if no pool may be called that
   */
  public static Topic<Task> inferenceSequences(String pool) {
    return sequences(checked(pool));
  }

  /** The topic of that name; a member of a family counts. */
  public static Optional<Topic<?>> find(String name) {
    Matcher task = TASKS_NAME.matcher(name);
    if (task.matches() && task.group("sequences") != null) {
      return task.group("kind").equals("inference")
          ? Optional.of(sequences(task.group("pool")))
          : Optional.empty();
    }
    if (task.matches()) {
      return Optional.of(tasks(task.group("kind"), task.group("pool")));
    }
    return ALL.stream().filter(topic -> topic.name().equals(name)).findFirst();
  }

  private static String checked(String pool) {
    if (!POOL_NAME.matcher(pool).matches()) {
      throw new IllegalArgumentException(
          "'%s' is not a pool name: expected %s".formatted(pool, POOL_NAME));
    }
    return pool;
  }

  private static Topic<Task> sequences(String pool) {
    return new Topic<>(
        "inference.tasks." + pool + ".sequences",
        Task.class,
        "fingerprint of the sequence",
        KEYED,
        DELETE,
        DAY,
        "dispatch",
        "workers (consumer group)");
  }

  private static Topic<Task> tasks(String kind, String pool) {
    return new Topic<>(
        kind + ".tasks." + pool,
        Task.class,
        BY_FINGERPRINT,
        KEYED,
        DELETE,
        DAY,
        "dispatch",
        "workers (share group)");
  }
}
