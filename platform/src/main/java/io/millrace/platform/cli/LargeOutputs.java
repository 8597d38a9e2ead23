package io.millrace.platform.cli;

import io.millrace.events.Attempt;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceResult;
import io.millrace.events.InferenceRun;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.InferenceTopics;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Fetches the outputs of an answer that is given again and was too large to be kept: it only says
 * which attempt has them.
 */
final class LargeOutputs implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Cluster cluster;
  private final Consumer<String, byte[]> consumer;

  LargeOutputs(Cluster cluster) {
    this.cluster = cluster;
    this.consumer = cluster.consumer();
  }

  /**
   * Puts the outputs into the answer, if they are elsewhere.
   *
   * @return whether it has them now; false: the log has them no more, or does not answer
   */
  boolean complete(InferenceResult answer) {
    Coordinates at = answer.getOutputsCoordinates();
    if (at == null || !answer.getOutputs().isEmpty()) {
      return true;
    }
    TotalDeserializer<Attempt> attempts =
        TotalDeserializer.forValues(Attempt.class, cluster.serdeSettings());
    TopicPartition partition =
        new TopicPartition(InferenceTopics.ATTEMPTS.name(), at.getPartition());
    consumer.assign(List.of(partition));
    consumer.seek(partition, at.getOffset());
    long end = System.nanoTime() + Cluster.WAIT_MAX.toNanos();
    while (System.nanoTime() - end < 0) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        Received<Attempt> received = attempts.deserialize(at.getTopic(), record.value());
        Attempt attempt = received == null ? null : received.record();
        InferenceRun run = attempt == null ? null : attempt.getInference();
        if (record.offset() != at.getOffset() || run == null) {
          return false;
        }
        answer.setOutputs(run.getOutputs());
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
