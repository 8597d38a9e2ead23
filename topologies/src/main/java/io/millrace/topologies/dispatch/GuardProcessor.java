package io.millrace.topologies.dispatch;

import io.millrace.events.Coordinates;
import io.millrace.events.Outcome;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.serde.Received;
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
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Lets requests into dispatch, sends those that lie on another partition than their fingerprint's
 * to where they belong, and rejects the rest with an answer to the caller who can be named.
 */
final class GuardProcessor<Q extends SpecificRecord>
    extends ContextualProcessor<String, Received<Q>, String, Object> {
  private final Kind<Q, ?> kind;
  private final Nodes nodes;
  private final TargetTable targets;
  private final DispatchPolicy policy;
  private final int partitions;
  private final RequestMetrics metrics;

  GuardProcessor(
      Kind<Q, ?> kind,
      TargetTable targets,
      DispatchPolicy policy,
      int partitions,
      RequestMetrics metrics) {
    this.kind = kind;
    this.nodes = kind.nodes();
    this.targets = targets;
    this.policy = policy;
    this.partitions = partitions;
    this.metrics = metrics;
  }

  @Override
  public void process(Record<String, Received<Q>> record) {
    Received<Q> received = record.value();
    Q call = received == null ? null : received.record();
    if (received == null || call == null) {
      metrics.rejected();
      context().forward(Rejections.undecodable(context(), record, received), nodes.rejections);
      return;
    }
    long now = context().currentSystemTimeMs();
    String name = kind.target(call, targets);
    Target target = targets.target(name);
    Request request = kind.request(call, target, name, at(), now);
    Refusal refusal =
        Guard.check(
                request,
                new Guard.Circumstances(target, partitions, policy.clockSkew().toMillis(), now))
            .orElse(null);
    if (refusal == null) {
      refusal = kind.check(call, target);
    }
    String fingerprint = "";
    if (refusal == null && target != null) {
      try {
        fingerprint =
            target.cacheable() || target.sequenced()
                ? kind.fingerprint(request, target)
                : Fingerprint.ofOperation(request.getOperationId());
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
                  .withValue(
                      (Object) new Admitted(request, fingerprint, target, kind.inputs(call))),
              nodes.dispatch);
    } else {
      context()
          .forward(
              record.withKey(fingerprint).withValue((Object) kind.routed(request)), nodes.routed);
    }
  }

  private Coordinates at() {
    return context()
        .recordMetadata()
        .map(at -> new Coordinates(at.topic(), at.partition(), at.offset()))
        .orElseGet(() -> new Coordinates("", 0, 0L));
  }

  /** Foreign clients' partitioners differ from Kafka's: both key and partition must fit. */
  private boolean arrivedAtHome(Record<String, ?> record, String fingerprint) {
    if (!fingerprint.equals(record.key())) {
      return false;
    }
    boolean routed =
        context()
            .recordMetadata()
            .map(at -> at.topic().equals(kind.topics().routed().name()))
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
            nodes.rejections);
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
            new Record<>(request.getOperationId(), (Object) kind.result(request, answer), now),
            nodes.results);
  }
}
