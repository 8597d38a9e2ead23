package io.millrace.schemas.topics;

import static io.millrace.schemas.topics.Topic.Cleanup.DELETE;
import static io.millrace.schemas.topics.Topic.Spread.KEYED;

import io.millrace.events.HealingAction;
import io.millrace.events.HealingOutcome;
import io.millrace.events.PipelineDiagnosis;
import io.millrace.events.PipelineFailure;
import io.millrace.events.PipelineLog;
import io.millrace.events.PipelineRun;
import java.time.Duration;
import java.util.List;

/** Topics of pipelines and their healing. */
public final class PipelineTopics {

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);

  /** Runs and jobs of pipelines. */
  public static final Topic<PipelineRun> RUNS =
      new Topic<>(
          "pipeline.runs",
          PipelineRun.class,
          "pipeline id",
          KEYED,
          DELETE,
          WEEK,
          "sources",
          "healing, health");

  /** Pieces of jobs' logs. */
  public static final Topic<PipelineLog> LOGS =
      new Topic<>(
          "pipeline.logs",
          PipelineLog.class,
          "run and job",
          KEYED,
          DELETE,
          DAY,
          "sources",
          "healing");

  /** Jobs that failed. */
  public static final Topic<PipelineFailure> FAILURES =
      new Topic<>(
          "pipeline.failures",
          PipelineFailure.class,
          "pipeline id",
          KEYED,
          DELETE,
          WEEK,
          "sources, healing",
          "healing");

  /** Why jobs failed. */
  public static final Topic<PipelineDiagnosis> DIAGNOSES =
      new Topic<>(
          "pipeline.diagnoses",
          PipelineDiagnosis.class,
          "pipeline id",
          KEYED,
          DELETE,
          WEEK,
          "healing",
          "healing, people");

  /** What is done against failures. */
  public static final Topic<HealingAction> ACTIONS =
      new Topic<>(
          "healing.actions",
          HealingAction.class,
          "pipeline id",
          KEYED,
          DELETE,
          WEEK,
          "healing",
          "tool calls, people");

  /** How actions ended. */
  public static final Topic<HealingOutcome> OUTCOMES =
      new Topic<>(
          "healing.outcomes",
          HealingOutcome.class,
          "pipeline id",
          KEYED,
          DELETE,
          WEEK,
          "healing",
          "health, people");

  static final List<Topic<?>> ALL = List.of(RUNS, LOGS, FAILURES, DIAGNOSES, ACTIONS, OUTCOMES);

  private PipelineTopics() {}
}
