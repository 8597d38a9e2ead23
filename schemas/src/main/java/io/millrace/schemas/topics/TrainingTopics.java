package io.millrace.schemas.topics;

import static io.millrace.schemas.topics.Topic.Cleanup.DELETE;
import static io.millrace.schemas.topics.Topic.Spread.KEYED;

import io.millrace.events.TrainingAssignment;
import io.millrace.events.TrainingCheckpoint;
import io.millrace.events.TrainingCommand;
import io.millrace.events.TrainingJob;
import io.millrace.events.TrainingStep;
import io.millrace.events.TrainingWorker;
import java.time.Duration;
import java.util.List;

/** Topics of training. */
public final class TrainingTopics {

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);

  /** Jobs that are to be trained. */
  public static final Topic<TrainingJob> JOBS =
      new Topic<>(
          "training.jobs", TrainingJob.class, "job id", KEYED, DELETE, WEEK, "clients", "training");

  /** Beats of the workers of jobs. */
  public static final Topic<TrainingWorker> WORKERS =
      new Topic<>(
          "training.workers",
          TrainingWorker.class,
          "worker id",
          KEYED,
          DELETE,
          DAY,
          "trainers",
          "training");

  /** Places of the ranks, by generation. */
  public static final Topic<TrainingAssignment> ASSIGNMENTS =
      new Topic<>(
          "training.assignments",
          TrainingAssignment.class,
          "job id",
          KEYED,
          DELETE,
          WEEK,
          "training",
          "trainers");

  /** What ranks saw in steps. */
  public static final Topic<TrainingStep> STEPS =
      new Topic<>(
          "training.steps",
          TrainingStep.class,
          "job id",
          KEYED,
          DELETE,
          WEEK,
          "trainers, clients",
          "training, health");

  /** What the workers of a job are told. */
  public static final Topic<TrainingCommand> COMMANDS =
      new Topic<>(
          "training.commands",
          TrainingCommand.class,
          "job id",
          KEYED,
          DELETE,
          WEEK,
          "training",
          "trainers");

  /** Checkpoints, written or failed. */
  public static final Topic<TrainingCheckpoint> CHECKPOINTS =
      new Topic<>(
          "training.checkpoints",
          TrainingCheckpoint.class,
          "job id",
          KEYED,
          DELETE,
          WEEK,
          "trainers",
          "training, clients");

  static final List<Topic<?>> ALL =
      List.of(JOBS, WORKERS, ASSIGNMENTS, STEPS, COMMANDS, CHECKPOINTS);

  private TrainingTopics() {}
}
