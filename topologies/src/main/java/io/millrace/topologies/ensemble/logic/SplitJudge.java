package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.SplitCount;
import io.millrace.events.SplitEvidence;
import io.millrace.events.SplitStatus;
import io.millrace.events.SplitVerdict;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what was counted of a split, and, where it is a canary's, promotes or returns it once the
 * counts say so ({@link CanaryTrial}).
 */
public final class SplitJudge {
  private static final double MARGIN = 0.01;
  private static final double CONFIDENCE = 0.95;

  private SplitJudge() {}

  /** Whether the second model of a split is on trial: what has a verdict in the end. */
  static boolean onTrial(EnsembleStep step) {
    return step.getPolicy() == EnsemblePolicy.SPLIT && StepRules.number(step, "canary", 0) > 0;
  }

  /**
   * How a split stands after some more was counted.
   *
   * @param before null: nothing was counted yet
   * @param step as it is declared now
   * @param now milliseconds since the epoch
   * @return null if the evidence is of another declaration
   */
  public static @Nullable SplitStatus add(
      @Nullable SplitStatus before, EnsembleStep step, SplitEvidence evidence, long now) {
    String declared = SplitTable.declared(step);
    if (!evidence.getDeclared().equals(declared)
        || evidence.getCandidates().size() != step.getCandidates().size()) {
      return null;
    }
    SplitStatus known = before != null && before.getDeclared().equals(declared) ? before : null;
    SplitStatus settled = known != null && !known.getServing().isEmpty() ? known : null;
    SplitStatus status = new SplitStatus();
    status.setId(Ids.derived(evidence.getId(), "status"));
    status.setTenant("default");
    status.setCorrelationId("");
    status.setOccurredAt(Instant.ofEpochMilli(now));
    status.setTarget(evidence.getTarget());
    status.setStep(evidence.getStep());
    status.setDeclared(declared);
    status.setCandidates(sums(known, step, evidence));
    status.setVerdict(settled == null ? SplitVerdict.RUNNING : settled.getVerdict());
    status.setServing(settled == null ? "" : settled.getServing());
    status.setReason(settled == null ? "" : settled.getReason());
    if (settled == null && onTrial(step)) {
      judge(status, step);
    }
    return status;
  }

  private static List<SplitCount> sums(
      @Nullable SplitStatus before, EnsembleStep step, SplitEvidence evidence) {
    List<SplitCount> sums = new ArrayList<>();
    for (int i = 0; i < step.getCandidates().size(); i++) {
      EnsembleCandidate candidate = step.getCandidates().get(i);
      SplitCount more = evidence.getCandidates().get(i);
      SplitCount known = before == null ? null : before.getCandidates().get(i);
      sums.add(
          new SplitCount(
              candidate.getTarget(),
              more.getCalls() + (known == null ? 0 : known.getCalls()),
              more.getFailures() + (known == null ? 0 : known.getFailures()),
              more.getCompared() + (known == null ? 0 : known.getCompared()),
              more.getAgreed() + (known == null ? 0 : known.getAgreed())));
    }
    return sums;
  }

  private static void judge(SplitStatus status, EnsembleStep step) {
    SplitCount stable = status.getCandidates().get(0);
    SplitCount canary = status.getCandidates().get(1);
    double margin = StepRules.number(step, "margin", MARGIN);
    double confidence = StepRules.number(step, "confidence", CONFIDENCE);
    CanaryTrial.Verdict verdict =
        new CanaryTrial(margin, confidence)
            .judge(
                stable.getCalls(), stable.getFailures(), canary.getCalls(), canary.getFailures());
    if (verdict == CanaryTrial.Verdict.OPEN) {
      return;
    }
    boolean worse = verdict == CanaryTrial.Verdict.WORSE;
    status.setVerdict(worse ? SplitVerdict.RETURNED : SplitVerdict.PROMOTED);
    status.setServing(worse ? stable.getTarget() : canary.getTarget());
    status.setReason(
        String.format(
            Locale.ROOT,
            "%s failed %d of %d calls, %s %d of %d: at %.4g confidence %s",
            canary.getTarget(),
            canary.getFailures(),
            canary.getCalls(),
            stable.getTarget(),
            stable.getFailures(),
            stable.getCalls(),
            confidence,
            worse
                ? "it fails more often"
                : String.format(Locale.ROOT, "it does not fail more often by %.4g", margin)));
  }
}
