package io.millrace.worker.runtime;

import io.millrace.events.Attempt;
import io.millrace.events.Control;
import io.millrace.events.OperationKind;
import io.millrace.events.Task;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the workers of one kind of operation read and write.
 *
 * @param kind the kind of operation
 * @param groupPrefix what the names of its share groups begin with; the pool's name follows
 * @param tasks the topic of a pool's tasks
 * @param sequences the topic of a pool's tasks of sequences; null: there are none
 * @param attempts where they say how it goes
 * @param controls where dispatch speaks to them
 */
public record WorkerTopics(
    OperationKind kind,
    String groupPrefix,
    Function<String, Topic<Task>> tasks,
    @Nullable Function<String, Topic<Task>> sequences,
    Topic<Attempt> attempts,
    Topic<Control> controls) {

  /** The topics of tool calls. */
  public static WorkerTopics tools() {
    return new WorkerTopics(
        OperationKind.TOOL,
        "millrace-workers-",
        Topics::toolTasks,
        null,
        Topics.TOOL_ATTEMPTS,
        Topics.TOOL_CONTROLS);
  }

  /** The topics of inference requests. */
  public static WorkerTopics models() {
    return new WorkerTopics(
        OperationKind.INFERENCE,
        "millrace-inference-",
        Topics::inferenceTasks,
        Topics::inferenceSequences,
        InferenceTopics.ATTEMPTS,
        InferenceTopics.CONTROLS);
  }

  /** The share group through which the workers of a pool take its tasks. */
  public String groupId(String pool) {
    return groupPrefix + pool;
  }
}
