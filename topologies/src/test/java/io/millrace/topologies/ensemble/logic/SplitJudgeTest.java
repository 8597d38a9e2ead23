package io.millrace.topologies.ensemble.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.SplitCount;
import io.millrace.events.SplitEvidence;
import io.millrace.events.SplitStatus;
import io.millrace.events.SplitVerdict;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SplitJudgeTest {
  private static final EnsembleStep CANARY =
      EnsembleStep.newBuilder(EnsembleRig.choice(EnsemblePolicy.SPLIT, "s", "in", "a", "b"))
          .setNumbers(Map.of("canary", List.of(1.0)))
          .build();

  private static SplitEvidence evidence(
      EnsembleStep step, long calls, long failures, long canaryCalls, long canaryFailures) {
    return SplitEvidence.newBuilder()
        .setTarget("model:pipe@1")
        .setStep("s")
        .setDeclared(SplitTable.declared(step))
        .setCandidates(
            List.of(
                new SplitCount("a", calls, failures, 0L, 0L),
                new SplitCount("b", canaryCalls, canaryFailures, 0L, 0L)))
        .build();
  }

  @Property
  void whatSeveralSawAddsUp(
      @ForAll @Size(min = 1, max = 20) List<@IntRange(max = 1_000) Integer> calls) {
    SplitStatus status = null;
    long sum = 0;
    for (int more : calls) {
      status = SplitJudge.add(status, CANARY, evidence(CANARY, more, more / 3, 0, 0), 0);
      sum += more;
    }
    assertThat(status.getCandidates().get(0).getCalls()).isEqualTo(sum);
    assertThat(status.getVerdict()).isEqualTo(SplitVerdict.RUNNING);
  }

  @Example
  void aVerdictStaysWhateverComesAfterIt() {
    SplitStatus returned = SplitJudge.add(null, CANARY, evidence(CANARY, 1_000, 10, 1_000, 200), 0);
    assertThat(returned.getVerdict()).isEqualTo(SplitVerdict.RETURNED);
    assertThat(returned.getServing()).isEqualTo("a");
    assertThat(returned.getReason()).contains("b failed 200 of 1000 calls, a 10 of 1000");
    SplitStatus later = SplitJudge.add(returned, CANARY, evidence(CANARY, 0, 0, 1_000_000, 0), 1);
    assertThat(later.getVerdict()).isEqualTo(SplitVerdict.RETURNED);
    SplitStatus promoted = SplitJudge.add(null, CANARY, evidence(CANARY, 10_000, 0, 10_000, 0), 0);
    assertThat(promoted.getVerdict()).isEqualTo(SplitVerdict.PROMOTED);
    assertThat(promoted.getServing()).isEqualTo("b");
  }

  @Example
  void anotherDeclarationBeginsAnewAndItsEvidenceAloneCounts() {
    EnsembleStep changed =
        EnsembleStep.newBuilder(CANARY)
            .setNumbers(Map.of("canary", List.of(1.0), "margin", List.of(0.1)))
            .build();
    SplitStatus before = SplitJudge.add(null, CANARY, evidence(CANARY, 1_000, 10, 1_000, 200), 0);
    assertThat(SplitJudge.add(before, changed, evidence(CANARY, 1, 1, 1, 1), 0)).isNull();
    SplitStatus anew = SplitJudge.add(before, changed, evidence(changed, 5, 0, 5, 0), 0);
    assertThat(anew.getCandidates().get(0).getCalls()).isEqualTo(5);
    assertThat(anew.getServing()).isEmpty();
  }

  @Example
  void aSplitWithoutCanaryHasNoVerdict() {
    EnsembleStep plain = EnsembleRig.choice(EnsemblePolicy.SPLIT, "s", "in", "a", "b");
    SplitStatus status = SplitJudge.add(null, plain, evidence(plain, 1_000, 10, 1_000, 900), 0);
    assertThat(status.getVerdict()).isEqualTo(SplitVerdict.RUNNING);
  }
}
