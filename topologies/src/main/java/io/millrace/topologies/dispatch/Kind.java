package io.millrace.topologies.dispatch;

import io.millrace.events.Coordinates;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.ToolStep;
import io.millrace.schemas.topics.Topic;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.topologies.guard.logic.Refusal;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * One kind of operation as dispatch meets it: how its records are read into what dispatch works
 * with, and its answers worded.
 *
 * @param <Q> the records that ask
 * @param <R> the records that answer
 */
interface Kind<Q extends SpecificRecord, R extends SpecificRecord> {
  /** Its topics. */
  KindTopics<Q, R> topics();

  /** The names of its processors, sinks and stores. */
  Nodes nodes();

  /**
   * Where a task lies.
   *
   * @param pool whose workers are to run it
   */
  Topic<Task> tasks(String pool, Task task);

  /**
   * Name of the target that is asked, with its kind; of a model with its version if one is asked
   * for.
   */
  String target(Q asked, TargetTable targets);

  /**
   * What dispatch keeps of a record.
   *
   * @param target what it asks for; null if that is not registered (yet)
   * @param name of the target that is asked
   * @param at where the record lies
   * @param now milliseconds since the epoch
   */
  Request request(Q asked, @Nullable Target target, String name, Coordinates at, long now);

  /**
   * Why the content may not go on; null if it may.
   *
   * @param target what it asks for; null if that is not registered (yet)
   */
  @Nullable Refusal check(Q asked, @Nullable Target target);

  /**
   * The fingerprint of work that may be shared, or that is done one after the other.
   *
   * @throws IllegalArgumentException if the content cannot be brought into one form
   */
  String fingerprint(Request request, Target target);

  /** Inputs small enough to travel with the task; null where they are to be read where they lie. */
  @Nullable List<Tensor> inputs(Q asked);

  /** The record that asks again what was kept, without what lies in the log already. */
  Q routed(Request request);

  /** The answer as a record. */
  R result(Request request, Answer answer);

  /** The partition of the results topic that an answer is addressed to; null: by hash. */
  @Nullable Integer replyPartition(R result);

  /** What an answer adds to its conversation; null where conversations are not followed. */
  @Nullable ToolStep step(Request request, Answer answer);
}
