package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.client.Declarations;
import io.millrace.events.AttemptPhase;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads whole topics after a drill. */
final class LogReader {
  private static final Duration POLL = Duration.ofMillis(200);

  private final Connection connection;

  LogReader(Connection connection) {
    this.connection = connection;
  }

  /** All answers, by operation id, in the order of the log. */
  Map<String, List<Answer>> answers() {
    Map<String, List<Answer>> answers = new HashMap<>();
    read(
        Topics.TOOL_RESULTS,
        (ToolResult result, Long at) ->
            answers
                .computeIfAbsent(result.getOperationId(), id -> new ArrayList<>())
                .add(Answer.of(result)));
    return answers;
  }

  /** All claims, and the beginnings and ends of what ran under them. */
  Claims claims() {
    Claims claims = new Claims();
    read(
        Topics.TOOL_ATTEMPTS,
        (attempt, at) -> {
          if (attempt.getPhase() == AttemptPhase.CLAIM) {
            claims.made(attempt.getClaimId(), attempt.getOperationId(), attempt.getWorkerId(), at);
          } else if (attempt.getPhase() == AttemptPhase.RUNNING
              && !attempt.getClaimId().isEmpty()) {
            claims.begun(attempt.getClaimId(), at);
          } else if (attempt.getPhase() == AttemptPhase.DONE && !attempt.getClaimId().isEmpty()) {
            claims.done(attempt.getClaimId(), at);
          }
        });
    return claims;
  }

  /** What was sent and heard of operations, a line each, in the order of the topics. */
  List<String> stories(Set<String> operations) {
    List<String> lines = new ArrayList<>();
    read(
        Topics.toolTasks(Declarations.POOL),
        (task, at) -> {
          if (operations.contains(task.getOperationId())) {
            lines.add(
                "%s %d task %s attempt %d sequence %d"
                    .formatted(
                        task.getOperationId(),
                        at,
                        task.getId(),
                        task.getAttempt(),
                        task.getSequence()));
          }
        });
    read(
        Topics.TOOL_ATTEMPTS,
        (attempt, at) -> {
          if (operations.contains(attempt.getOperationId())) {
            lines.add(
                "%s %d %s of task %s by %s %s %s"
                    .formatted(
                        attempt.getOperationId(),
                        at,
                        attempt.getPhase(),
                        attempt.getTaskId(),
                        attempt.getWorkerId(),
                        attempt.getClaimId(),
                        attempt.getOutcome()));
          }
        });
    read(
        Topics.TOOL_CONTROLS,
        (control, at) -> {
          if (operations.contains(control.getOperationId())) {
            lines.add(
                "%s %d %s of task %s"
                    .formatted(
                        control.getOperationId(), at, control.getType(), control.getTaskId()));
          }
        });
    return lines;
  }

  private <T extends SpecificRecord> void read(Topic<T> topic, BiConsumer<T, Long> each) {
    try (Consumer<String, T> consumer = connection.consumer(topic, Map.of())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic.name()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        for (ConsumerRecord<String, T> record : consumer.poll(POLL)) {
          each.accept(record.value(), record.timestamp());
        }
      }
    }
  }
}
