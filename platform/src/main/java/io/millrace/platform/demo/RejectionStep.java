package io.millrace.platform.demo;

import static io.millrace.platform.demo.Numbers.time;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.events.Outcome;
import io.millrace.events.Rejection;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolResult;
import io.millrace.platform.demo.report.Progress;
import io.millrace.schemas.topics.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** Writes a record that cannot be read, and a good call behind it. */
final class RejectionStep implements Step {

  private static final String REJECTED = "rejected_bad_record";
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final int PARTITION = 0;

  private final DemoClient client;
  private final TargetSpec echo;

  RejectionStep(DemoClient client, TargetSpec echo) {
    this.client = client;
    this.echo = echo;
  }

  @Override
  public String title() {
    return "a record that cannot be read";
  }

  @Override
  public List<String> checks() {
    return List.of(REJECTED);
  }

  @Override
  public String run(Findings findings, Progress progress) throws InterruptedException {
    byte[] garbage = "this is no Avro".getBytes(StandardCharsets.UTF_8);
    long began = System.nanoTime();
    long offset = client.writeBytes(Topics.TOOL_CALLS, PARTITION, garbage);
    Rejection rejection =
        DemoClient.await(
            client.rejectionAt(Topics.TOOL_CALLS.name(), PARTITION, offset),
            WAIT,
            "rejection of the record");
    Duration elapsed = Duration.ofNanos(System.nanoTime() - began);
    ToolResult next =
        DemoClient.await(
            client.callOn(
                PARTITION, echo, JsonNodeFactory.instance.objectNode().put("after", offset), WAIT),
            WAIT.plus(WAIT),
            "answer to the call behind the record");
    boolean kept = ByteBuffer.wrap(garbage).equals(rejection.getValueBytes());
    findings.check(
        REJECTED,
        kept && rejection.getReason().equals("UNDECODABLE") && next.getOutcome() == Outcome.OK,
        "%s, %s-%d@%d, %s; the call behind it ended %s"
            .formatted(
                rejection.getReason(),
                rejection.getSourceTopic(),
                rejection.getSourcePartition(),
                rejection.getSourceOffset(),
                kept ? "with all its " + garbage.length + " bytes" : "but its bytes are not there",
                next.getOutcome()));
    findings.timing("bad record rejected", elapsed, "reason: " + rejection.getReason());
    return rejection.getReason() + " after " + time(elapsed);
  }
}
