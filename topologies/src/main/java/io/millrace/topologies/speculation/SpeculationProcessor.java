package io.millrace.topologies.speculation;

import io.millrace.events.Audit;
import io.millrace.events.Outcome;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolStep;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.guard.logic.Guard;
import io.millrace.topologies.speculation.logic.Proposal;
import io.millrace.topologies.speculation.logic.SpeculationPolicy;
import io.millrace.topologies.speculation.logic.Speculator;
import io.millrace.topologies.speculation.logic.Step;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Feeds the {@link Speculator} of its partition and makes the calls that it proposes. */
final class SpeculationProcessor
    extends ContextualProcessor<String, Received<ToolStep>, String, Object> {
  private static final Duration EXPIRY = Duration.ofSeconds(10);
  private static final String ACTOR = "speculation";
  private static final String ACTION = "CALL_AHEAD";

  private final TargetTable targets;
  private final RequestMetrics metrics;
  private final Speculator speculator;

  SpeculationProcessor(TargetTable targets, RequestMetrics metrics) {
    this.targets = targets;
    this.metrics = metrics;
    this.speculator = new Speculator(SpeculationPolicy.defaults(), new DeclaredTargets(targets));
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    context.schedule(EXPIRY, PunctuationType.WALL_CLOCK_TIME, speculator::expire);
  }

  @Override
  public void process(Record<String, Received<ToolStep>> record) {
    Received<ToolStep> received = record.value();
    if (received == null) {
      return;
    }
    ToolStep step = received.record();
    if (step == null) {
      metrics.rejected();
      context()
          .forward(
              Rejections.undecodable(context(), record, received), SpeculationTopology.REJECTIONS);
      return;
    }
    Step taken;
    try {
      taken = read(step);
    } catch (IllegalArgumentException e) {
      reject(record, received.bytes(), step, "arguments are " + e.getMessage());
      return;
    }
    long now = context().currentSystemTimeMs();
    for (Proposal proposal :
        speculator.step(step.getTenant(), step.getCorrelationId(), taken, now)) {
      make(step, proposal, now);
    }
  }

  private static Step read(ToolStep step) {
    String output = step.getOutput();
    return step.getTarget().isEmpty()
        ? Step.said(output == null ? "" : output)
        : Step.called(TargetTable.toolName(step.getTarget()), step.getArguments(), output);
  }

  private void reject(Record<String, ?> record, byte[] bytes, ToolStep step, String message) {
    metrics.rejected();
    context()
        .forward(
            Rejections.of(
                context(),
                record,
                bytes,
                Guard.name(step.getTenant()),
                step.getOperationId(),
                "ARGUMENTS_INVALID",
                Guard.name(message)),
            SpeculationTopology.REJECTIONS);
  }

  private void make(ToolStep step, Proposal proposal, long now) {
    Target target = targets.target(proposal.target());
    if (target == null || !target.speculative()) {
      return;
    }
    String fingerprint =
        Fingerprint.ofWork(
            step.getTenant(), target.name(), target.spec().getVersion(), proposal.arguments());
    // Derived, so that a step that is read again makes the same call, which dispatch then knows.
    String id = Ids.part(step.getId(), fingerprint);
    ToolCall call = new ToolCall();
    call.setId(id);
    call.setTenant(step.getTenant());
    call.setCorrelationId(step.getCorrelationId());
    call.setOccurredAt(Instant.ofEpochMilli(now));
    call.setTraceparent(step.getTraceparent());
    call.setTarget(target.name());
    call.setArguments(proposal.arguments());
    call.setParentCall("");
    call.setSpeculative(true);
    context().forward(new Record<>(fingerprint, (Object) call, now), SpeculationTopology.CALLS);
    context()
        .forward(
            new Record<>(step.getTenant(), (Object) audit(step, call, proposal, now), now),
            SpeculationTopology.AUDIT);
  }

  private static Audit audit(ToolStep step, ToolCall call, Proposal proposal, long now) {
    Audit audit = new Audit();
    audit.setId(Ids.part(call.getId(), "audit"));
    audit.setTenant(step.getTenant());
    audit.setCorrelationId(step.getCorrelationId());
    audit.setOccurredAt(Instant.ofEpochMilli(now));
    audit.setTraceparent(step.getTraceparent());
    audit.setOperationId(call.getId());
    audit.setActor(ACTOR);
    audit.setAction(ACTION);
    audit.setTarget(call.getTarget());
    audit.setOutcome(Outcome.UNKNOWN);
    audit.setReason(proposal.reason());
    audit.setRecordTopic("");
    audit.setRecordSha256("");
    audit.setDetails(
        Map.of("probability", String.format(Locale.ROOT, "%.2f", proposal.probability())));
    return audit;
  }
}
