package io.millrace.topologies.ensemble;

import io.millrace.events.Alert;
import io.millrace.events.EnsembleStep;
import io.millrace.events.ModelSpec;
import io.millrace.events.Severity;
import io.millrace.events.SplitEvidence;
import io.millrace.events.SplitStatus;
import io.millrace.events.SplitVerdict;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.Received;
import io.millrace.topologies.Rejections;
import io.millrace.topologies.Ticks;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.ensemble.logic.SplitJudge;
import io.millrace.topologies.ensemble.logic.SplitTable;
import io.millrace.topologies.targets.TargetTable;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** Keeps how each split stands, from what all stream tasks saw of it, and alerts its verdict. */
final class SplitsProcessor
    extends ContextualProcessor<String, Received<SplitEvidence>, String, Object> {
  private final TargetTable targets;
  private final RequestMetrics metrics;
  private Ticks ticks;
  private KeyValueStore<String, SplitStatus> splits;

  @SuppressWarnings("NullAway.Init") // Kafka calls init before anything else
  SplitsProcessor(TargetTable targets, RequestMetrics metrics) {
    this.targets = targets;
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    ticks = new Ticks(context);
    splits = context.getStateStore(EnsembleTopology.SPLITS);
  }

  @Override
  public void process(Record<String, Received<SplitEvidence>> record) {
    long now = ticks.now();
    Received<SplitEvidence> received = record.value();
    if (received == null) {
      return;
    }
    SplitEvidence evidence = received.record();
    if (evidence == null) {
      metrics.rejected();
      context()
          .forward(
              Rejections.undecodable(context(), record, received),
              EnsembleTopology.SPLIT_REJECTIONS);
      return;
    }
    EnsembleStep step = step(evidence);
    String key = SplitTable.key(evidence.getTarget(), evidence.getStep());
    SplitStatus before = splits.get(key);
    SplitStatus status = step == null ? null : SplitJudge.add(before, step, evidence, now);
    if (status == null) {
      return;
    }
    splits.put(key, status);
    context().forward(new Record<>(key, (Object) status, now), EnsembleTopology.SPLIT_STATUS);
    boolean news = before == null || before.getVerdict() != status.getVerdict();
    if (news && !status.getServing().isEmpty()) {
      context().forward(alert(status, now), EnsembleTopology.ALERTS);
    }
  }

  private @Nullable EnsembleStep step(SplitEvidence evidence) {
    TargetSpec target = targets.declared(evidence.getTarget());
    ModelSpec model = target == null ? null : target.getModel();
    return model == null
        ? null
        : model.getSteps().stream()
            .filter(step -> step.getName().equals(evidence.getStep()))
            .findFirst()
            .orElse(null);
  }

  private static Record<String, Object> alert(SplitStatus status, long now) {
    boolean promoted = status.getVerdict() == SplitVerdict.PROMOTED;
    Map<String, String> figures = new TreeMap<>();
    status
        .getCandidates()
        .forEach(
            count ->
                figures.put(
                    count.getTarget(),
                    count.getFailures() + " of " + count.getCalls() + " failed"));
    figures.put("step", status.getStep());
    figures.put("serving", status.getServing());
    Alert alert = new Alert();
    alert.setId(Ids.derived(status.getTarget(), status.getStep(), status.getDeclared(), "verdict"));
    alert.setTenant("default");
    alert.setCorrelationId("");
    alert.setOccurredAt(Instant.ofEpochMilli(now));
    alert.setTarget(status.getTarget());
    alert.setType(promoted ? "CANARY_PROMOTED" : "CANARY_RETURNED");
    alert.setSeverity(promoted ? Severity.INFO : Severity.WARNING);
    alert.setMessage(
        "%s, step '%s': the canary is %s: %s"
            .formatted(
                status.getTarget(),
                status.getStep(),
                promoted ? "promoted" : "returned",
                status.getReason()));
    alert.setEvidence(figures);
    return new Record<>(alert.getTenant(), (Object) alert, now);
  }
}
