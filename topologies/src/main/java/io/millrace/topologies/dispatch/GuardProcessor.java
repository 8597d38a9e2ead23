package io.millrace.topologies.dispatch;

import io.millrace.events.Outcome;
import io.millrace.events.ToolCall;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.serde.Received;
import io.millrace.schemas.topics.Topics;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.dispatch.logic.Answers;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import io.millrace.topologies.guard.logic.Guard;
import io.millrace.topologies.guard.logic.Refusal;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Lets tool calls into dispatch, sends those that lie on another partition than their fingerprint's
 * to where they belong, and rejects the rest with an answer to the caller who can be named.
 */
final class GuardProcessor extends ContextualProcessor<String, Received<ToolCall>, String, Object> {
  private final TargetTable targets;
  private final DispatchPolicy policy;
  private final int partitions;
  private final RequestMetrics metrics;

  GuardProcessor(
      TargetTable targets, DispatchPolicy policy, int partitions, RequestMetrics metrics) {
    this.targets = targets;
    this.policy = policy;
    this.partitions = partitions;
    this.metrics = metrics;
  }

  @Override
  public void process(Record<String, Received<ToolCall>> record) {
    Received<ToolCall> received = record.value();
    if (received == null) {
      return;
    }
    ToolCall call = received.record();
    if (call == null) {
      metrics.rejected();
      context()
          .forward(
              Rejections.undecodable(context(), record, received), DispatchTopology.REJECTIONS);
      return;
    }
    long now = context().currentSystemTimeMs();
    Target target = targets.target(ToolAdapter.target(call));
    Request request = ToolAdapter.request(call, target, now);
    Refusal refusal =
        Guard.check(
                request,
                new Guard.Circumstances(target, partitions, policy.clockSkew().toMillis(), now))
            .orElse(null);
    String fingerprint = "";
    if (refusal == null && target != null) {
      try {
        fingerprint = fingerprint(request, target);
      } catch (IllegalArgumentException e) {
        refusal =
            new Refusal(
                Outcome.REFUSED,
                "ARGUMENTS_INVALID",
                "arguments are " + Guard.name(String.valueOf(e.getMessage())));
      }
    }
    if (refusal != null) {
      refuse(record, received.bytes(), request, refusal, now);
    } else if (fingerprint.isEmpty() || arrivedAtHome(record, fingerprint)) {
      context()
          .forward(
              record
                  .withKey(fingerprint)
                  .withValue((Object) new Admitted(request, fingerprint, target)),
              DispatchTopology.DISPATCH);
    } else {
      context()
          .forward(record.withKey(fingerprint).withValue((Object) call), DispatchTopology.ROUTED);
    }
  }

  private static String fingerprint(Request request, Target target) {
    return target.cacheable()
        ? Fingerprint.ofWork(
            request.getTenant(), target.name(), target.spec().getVersion(), request.getArguments())
        : Fingerprint.ofOperation(request.getOperationId());
  }

  /** Foreign clients' partitioners differ from Kafka's: both key and partition must fit. */
  private boolean arrivedAtHome(Record<String, ?> record, String fingerprint) {
    if (!fingerprint.equals(record.key())) {
      return false;
    }
    boolean routed =
        context()
            .recordMetadata()
            .map(at -> at.topic().equals(Topics.TOOL_CALLS_ROUTED.name()))
            .orElse(false);
    if (routed) {
      return true;
    }
    byte[] key = fingerprint.getBytes(StandardCharsets.UTF_8);
    return Utils.toPositive(Utils.murmur2(key)) % partitions == context().taskId().partition();
  }

  private void refuse(
      Record<String, ?> record, byte[] bytes, Request request, Refusal refusal, long now) {
    metrics.rejected();
    context()
        .forward(
            Rejections.of(
                context(),
                record,
                bytes,
                Guard.name(request.getTenant()),
                Guard.name(request.getOperationId()),
                refusal.code(),
                refusal.message()),
            DispatchTopology.REJECTIONS);
    if (request.getSpeculative()
        || request.getOperationId().isBlank()
        || refusal.code().equals("ID_INVALID")) {
      return;
    }
    Guard.bound(request);
    Answer answer =
        Answers.failed(request, refusal.outcome(), 0, refusal.code(), refusal.message(), now);
    metrics.answered(answer);
    Integer reply = request.getReplyPartition();
    if (reply != null && (reply < 0 || reply >= partitions)) {
      request.setReplyPartition(null);
    }
    context()
        .forward(
            new Record<>(
                request.getOperationId(), (Object) ToolAdapter.result(request, answer), now),
            DispatchTopology.RESULTS);
  }
}
