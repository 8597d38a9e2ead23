package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.SplitCount;
import io.millrace.events.SplitEvidence;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts how the calls of splits and shadows end, until that is written to the log. */
public final class SplitFold {
  private static final int SPLITS_MAX = 1_000;

  private final String source;
  private final Map<String, SplitEvidence> counted = new LinkedHashMap<>();

  /**
   * @param source names the stream task, so that its records have ids of their own
   */
  public SplitFold(String source) {
    this.source = source;
  }

  /** A call has ended. */
  void ended(String ensemble, EnsembleStep step, int candidate, boolean good) {
    SplitCount count = count(ensemble, step, candidate);
    count.setCalls(count.getCalls() + 1);
    count.setFailures(count.getFailures() + (good ? 0 : 1));
  }

  /** The answer of a shadow was compared with the one that was given. */
  void compared(String ensemble, EnsembleStep step, int candidate, boolean agreed) {
    SplitCount count = count(ensemble, step, candidate);
    count.setCompared(count.getCompared() + 1);
    count.setAgreed(count.getAgreed() + (agreed ? 1 : 0));
  }

  private SplitCount count(String ensemble, EnsembleStep step, int candidate) {
    SplitEvidence evidence =
        counted.computeIfAbsent(
            SplitTable.key(ensemble, step.getName()), key -> evidence(ensemble, step));
    if (counted.size() > SPLITS_MAX) {
      counted.remove(counted.keySet().iterator().next());
    }
    return evidence.getCandidates().get(candidate);
  }

  private static SplitEvidence evidence(String ensemble, EnsembleStep step) {
    List<SplitCount> counts = new ArrayList<>();
    for (EnsembleCandidate candidate : step.getCandidates()) {
      counts.add(new SplitCount(candidate.getTarget(), 0L, 0L, 0L, 0L));
    }
    SplitEvidence evidence = new SplitEvidence();
    evidence.setTenant("default");
    evidence.setCorrelationId("");
    evidence.setTarget(ensemble);
    evidence.setStep(step.getName());
    evidence.setDeclared(SplitTable.declared(step));
    evidence.setCandidates(counts);
    return evidence;
  }

  /**
   * What was counted since the last time, by the key of the split.
   *
   * @param now milliseconds since the epoch
   */
  public Map<String, SplitEvidence> flush(long now) {
    Map<String, SplitEvidence> flushed = new LinkedHashMap<>(counted);
    counted.clear();
    flushed.forEach(
        (key, evidence) -> {
          evidence.setId(Ids.derived(source, key, Long.toString(now)));
          evidence.setOccurredAt(Instant.ofEpochMilli(now));
        });
    return flushed;
  }
}
