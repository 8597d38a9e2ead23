package io.millrace.schemas.topics;

import static io.millrace.schemas.topics.Topic.Cleanup.COMPACT;
import static io.millrace.schemas.topics.Topic.Cleanup.COMPACT_AND_DELETE;
import static io.millrace.schemas.topics.Topic.Cleanup.DELETE;
import static io.millrace.schemas.topics.Topic.Spread.KEYED;

import io.millrace.events.Attempt;
import io.millrace.events.Cancel;
import io.millrace.events.Control;
import io.millrace.events.InferenceFeedback;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.SplitEvidence;
import io.millrace.events.SplitStatus;
import io.millrace.events.Task;
import io.millrace.events.ToolCached;
import java.time.Duration;
import java.util.List;

/** Topics of inference, besides the tasks of each pool ({@link Topics#inferenceTasks}). */
public final class InferenceTopics {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);

  /** Inference requests. */
  public static final Topic<InferenceRequest> REQUESTS =
      new Topic<>(
          "inference.requests",
          InferenceRequest.class,
          "fingerprint, or any",
          KEYED,
          DELETE,
          DAY,
          "clients, ensemble",
          "dispatch");

  /** Inference requests that arrived elsewhere than their fingerprint's partition. */
  public static final Topic<InferenceRequest> REQUESTS_ROUTED =
      new Topic<>(
          "inference.requests-routed",
          InferenceRequest.class,
          "fingerprint",
          KEYED,
          DELETE,
          DAY,
          "guard",
          "dispatch");

  /** The answers to inference requests, and runs that outsiders report. */
  public static final Topic<InferenceResult> RESULTS =
      new Topic<>(
          "inference.results",
          InferenceResult.class,
          "operation id",
          KEYED,
          DELETE,
          DAY,
          "dispatch, clients",
          "clients, ensemble, health, ledger");

  /** What workers say of inference tasks. */
  public static final Topic<Attempt> ATTEMPTS =
      new Topic<>(
          "inference.attempts",
          Attempt.class,
          "fingerprint",
          KEYED,
          DELETE,
          DAY,
          "workers, ensemble",
          "dispatch");

  /** Wishes to end inference requests. */
  public static final Topic<Cancel> CANCELS =
      new Topic<>(
          "inference.cancels",
          Cancel.class,
          "fingerprint",
          KEYED,
          DELETE,
          DAY,
          "clients, ensemble",
          "dispatch");

  /** Dispatch's word to the workers of models. */
  public static final Topic<Control> CONTROLS =
      new Topic<>(
          "inference.controls",
          Control.class,
          "operation id",
          KEYED,
          DELETE,
          Duration.ofMinutes(10),
          "dispatch",
          "every worker");

  /** Answers of models as they were cached. */
  public static final Topic<ToolCached> CACHED =
      new Topic<>(
          "inference.cached",
          ToolCached.class,
          "fingerprint",
          KEYED,
          COMPACT_AND_DELETE,
          Duration.ofDays(7),
          "dispatch",
          "dispatch of new instances and other regions");

  /** Tasks of ensembles that consist of parts. */
  public static final Topic<Task> ENSEMBLES =
      new Topic<>(
          "inference.ensembles",
          Task.class,
          "fingerprint",
          KEYED,
          DELETE,
          DAY,
          "dispatch",
          "ensemble");

  /** What each stream task saw of the splits of ensembles. */
  public static final Topic<SplitEvidence> SPLIT_EVIDENCE =
      new Topic<>(
          "inference.split-evidence",
          SplitEvidence.class,
          "ensemble and step",
          KEYED,
          DELETE,
          DAY,
          "ensemble",
          "splits");

  /** How the splits of ensembles stand. */
  public static final Topic<SplitStatus> SPLITS =
      new Topic<>(
          "inference.splits",
          SplitStatus.class,
          "ensemble and step",
          KEYED,
          COMPACT,
          Duration.ofDays(7),
          "splits",
          "ensemble, people");

  /** What clients say of answers. */
  public static final Topic<InferenceFeedback> FEEDBACK =
      new Topic<>(
          "inference.feedback",
          InferenceFeedback.class,
          "operation id",
          KEYED,
          DELETE,
          DAY,
          "clients",
          "ensemble");

  /** What clients say of answers whose choice was made in another partition. */
  public static final Topic<InferenceFeedback> FEEDBACK_ROUTED =
      new Topic<>(
          "inference.feedback-routed",
          InferenceFeedback.class,
          "operation id; a copy in each partition",
          KEYED,
          DELETE,
          HOUR,
          "ensemble",
          "ensemble");

  static final List<Topic<?>> ALL =
      List.of(
          REQUESTS,
          REQUESTS_ROUTED,
          RESULTS,
          ATTEMPTS,
          CANCELS,
          CONTROLS,
          CACHED,
          ENSEMBLES,
          SPLIT_EVIDENCE,
          SPLITS,
          FEEDBACK,
          FEEDBACK_ROUTED);

  private InferenceTopics() {}
}
