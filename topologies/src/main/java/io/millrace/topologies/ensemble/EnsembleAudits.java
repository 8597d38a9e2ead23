package io.millrace.topologies.ensemble;

import io.millrace.events.Audit;
import io.millrace.events.Outcome;
import io.millrace.schemas.identity.Ids;
import io.millrace.topologies.ensemble.logic.Selections;
import io.millrace.topologies.selector.logic.Choice;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Words what ensembles decide of themselves. */
final class EnsembleAudits {
  private static final String ACTION = "MODEL_CHOSEN";

  private EnsembleAudits() {}

  /** Another model answers a class of inputs from now on. */
  static Audit of(Selections.Change change, long now) {
    Choice choice = change.choice();
    Map<String, String> details = new TreeMap<>();
    details.put("step", change.step());
    details.put("input_class", choice.inputClass());
    details.put("from", change.from());
    details.put("to", choice.model());
    details.put("why", choice.why());
    choice
        .evidence()
        .forEach((name, figure) -> details.put(name, String.format(Locale.ROOT, "%.4g", figure)));
    Audit audit = new Audit();
    audit.setId(
        Ids.derived(change.operationId(), change.step(), choice.inputClass(), choice.model()));
    audit.setTenant("default");
    audit.setCorrelationId("");
    audit.setOccurredAt(Instant.ofEpochMilli(now));
    audit.setOperationId(change.operationId());
    audit.setActor(EnsembleTopology.ENSEMBLE);
    audit.setAction(ACTION);
    audit.setTarget(change.ensemble());
    audit.setOutcome(Outcome.OK);
    audit.setReason(choice.reason());
    audit.setRecordTopic("");
    audit.setRecordSha256("");
    audit.setDetails(details);
    return audit;
  }
}
