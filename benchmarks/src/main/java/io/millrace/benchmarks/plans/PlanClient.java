package io.millrace.benchmarks.plans;

import io.millrace.benchmarks.client.Connection;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.ToolPlan;
import io.millrace.events.ToolPlanResult;
import io.millrace.platform.cli.CommandException;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Runs one plan after another through the log, as a client of any language would. */
final class PlanClient implements AutoCloseable {
  private static final int REPLY_PARTITION = 0;
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

  static {
    AvroSafety.establish();
  }

  private final String tool;
  private final Producer<String, ToolPlan> producer;
  private final Consumer<String, ToolPlanResult> consumer;
  private final SplittableRandom random = new SplittableRandom();

  /**
   * @param tool gives its arguments back after {@code ms} milliseconds
   */
  PlanClient(Connection connection, String tool) {
    this.tool = tool;
    producer = connection.producer(Topics.TOOL_PLANS, Map.of());
    consumer = connection.consumer(Topics.TOOL_PLAN_RESULTS, Map.of());
    TopicPartition home = new TopicPartition(Topics.TOOL_PLAN_RESULTS.name(), REPLY_PARTITION);
    consumer.assign(List.of(home));
    consumer.seekToEnd(List.of(home));
    consumer.position(home);
  }

  /**
   * Runs a plan.
   *
   * @return from before the plan is encoded until its answer is decoded
   * @throws CommandException if it failed or was not answered within 30 s
   */
  Duration run(PlanShape shape) {
    String id = Ids.v7(System.currentTimeMillis(), random);
    ToolPlan plan = plan(id, shape);
    long sent = System.nanoTime();
    producer.send(new ProducerRecord<>(Topics.TOOL_PLANS.name(), id, plan));
    while (System.nanoTime() - sent < ANSWER_MAX.toNanos()) {
      for (ConsumerRecord<String, ToolPlanResult> record : consumer.poll(POLL)) {
        ToolPlanResult result = record.value();
        if (result.getOperationId().equals(id)) {
          Duration makespan = Duration.ofNanos(System.nanoTime() - sent);
          if (result.getOutcome() != Outcome.OK) {
            throw CommandException.failed(
                "a plan ended with %s: %s".formatted(result.getOutcome(), result.getFailure()));
          }
          return makespan;
        }
      }
    }
    throw CommandException.failed(
        "plan %s had no answer within %d s".formatted(id, ANSWER_MAX.toSeconds()));
  }

  private ToolPlan plan(String id, PlanShape shape) {
    List<PlannedCall> calls = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int millis : shape.callMillis()) {
      String name = "call" + names.size();
      calls.add(call(id, name, millis, List.of()));
      names.add(name);
    }
    if (shape.joinMillis() > 0) {
      calls.add(call(id, "join", shape.joinMillis(), names));
    }
    return ToolPlan.newBuilder()
        .setId(id)
        .setOccurredAt(Instant.now())
        .setCalls(calls)
        .setReplyPartition(REPLY_PARTITION)
        .build();
  }

  private PlannedCall call(String plan, String name, int millis, List<String> after) {
    return PlannedCall.newBuilder()
        .setName(name)
        .setTarget(tool)
        .setArguments("{\"ms\":%d,\"id\":\"%s-%s\"}".formatted(millis, plan, name))
        .setAfter(after)
        .build();
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
    consumer.close();
  }
}
