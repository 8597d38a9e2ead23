package io.millrace.topologies.ensemble.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorSignature;
import io.millrace.schemas.ensemble.Parts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnsembleTargetsTest {
  private final Map<String, TargetSpec> models = new HashMap<>();

  private List<TargetSpec> targets(List<EnsembleStep> steps, String... outputs)
      throws EnsembleInvalid {
    return EnsembleTargets.of(EnsembleRig.source(steps, outputs), models::get);
  }

  private void declare(String target, String pool, int inputs) {
    models.put(target, EnsembleRig.declared(target, pool, inputs));
  }

  @Test
  void whatOnePoolServesIsOneTargetOfThatPool() throws Exception {
    declare("model:a@1", "gpu", 1);
    declare("model:b@1", "gpu", 2);
    List<TargetSpec> targets =
        targets(
            List.of(
                EnsembleRig.model("b", "model:b@1", List.of("a", "in")),
                EnsembleRig.model("a", "model:a@1", List.of("in"))),
            "b");

    assertThat(targets).hasSize(1);
    TargetSpec whole = targets.get(0);
    assertThat(whole.getTarget()).isEqualTo("model:pipe@1");
    assertThat(whole.getPool()).isEqualTo("gpu");
    assertThat(whole.getIdempotent()).isTrue();
    assertThat(whole.getTimeoutMs()).isEqualTo(2_000);
    assertThat(whole.getModel().getSteps())
        .extracting(EnsembleStep::getName)
        .containsExactly("a", "b");
    assertThat(Parts.has(whole)).isFalse();
  }

  @Test
  void twoPoolsAreTwoPartsThatTheEnsembleCalls() throws Exception {
    declare("model:a@1", "cpu", 1);
    declare("model:b@1", "gpu", 2);
    List<TargetSpec> targets =
        targets(
            List.of(
                EnsembleRig.model("a", "model:a@1", List.of("in")),
                EnsembleRig.model("b", "model:b@1", List.of("a", "in"))),
            "b");

    assertThat(targets)
        .extracting(TargetSpec::getTarget)
        .containsExactly("model:pipe@1", "model:pipe/0@1", "model:pipe/1@1");
    assertThat(Parts.has(targets.get(0))).isTrue();
    assertThat(targets.get(0).getModel().getSteps())
        .extracting(step -> step.getCandidates().get(0).getTarget())
        .containsExactly("model:pipe/0@1", "model:pipe/1@1");
    TargetSpec second = targets.get(2);
    assertThat(second.getPool()).isEqualTo("gpu");
    assertThat(second.getModel().getPartOf()).isEqualTo("model:pipe@1");
    assertThat(second.getModel().getInputs())
        .extracting(TensorSignature::getName)
        .containsExactlyInAnyOrder("a", "in");
    assertThat(second.getModel().getOutputs())
        .extracting(TensorSignature::getName)
        .containsExactly("b");
  }

  @Test
  void eachModelOfAChoiceIsAPartWithTheTensorsOfTheEnsemble() throws Exception {
    declare("model:a@1", "default", 1);
    declare("model:b@2", "default", 1);
    EnsembleStep split =
        EnsembleStep.newBuilder(
                EnsembleRig.choice(EnsemblePolicy.SPLIT, "which", "in", "model:a@1", "model:b@2"))
            .setCandidates(
                List.of(
                    new EnsembleCandidate("model:a@1", 95.0),
                    new EnsembleCandidate("model:b@2", 5.0)))
            .build();
    List<TargetSpec> targets = targets(List.of(split), "which");

    assertThat(targets.get(0).getModel().getSteps().get(0).getCandidates())
        .containsExactly(
            new EnsembleCandidate("model:pipe/which.a-1@1", 95.0),
            new EnsembleCandidate("model:pipe/which.b-2@1", 5.0));
    EnsembleStep alone = targets.get(2).getModel().getSteps().get(0);
    assertThat(alone.getInputs()).isEqualTo(Map.of("x0", "in"));
    assertThat(alone.getCandidates()).containsExactly(new EnsembleCandidate("model:b@2", 5.0));
  }

  @Test
  void aConditionIsToldOnceAndWhatItGuardsIsOnlyCalledThen() throws Exception {
    declare("model:a@1", "cpu", 1);
    declare("model:b@1", "gpu", 1);
    EnsembleStep guarded =
        EnsembleStep.newBuilder(EnsembleRig.model("b", "model:b@1", List.of("in")))
            .setGuard("unsure")
            .build();
    List<TargetSpec> targets =
        targets(
            List.of(
                EnsembleRig.model("a", "model:a@1", List.of("in")),
                EnsembleRig.operation(EnsembleOperation.CONDITION, "unsure", "a"),
                guarded,
                EnsembleRig.operation(EnsembleOperation.FIRST, "out", "a", "b")),
            "out");

    List<EnsembleStep> calls = targets.get(0).getModel().getSteps();
    assertThat(calls).extracting(EnsembleStep::getGuard).containsExactly("", "unsure", "");
    assertThat(calls.get(0).getOutputs()).containsOnlyKeys("a", "unsure");
    assertThat(calls.get(1).getOutputs()).isNotEmpty();
  }

  @Test
  void whatContradictsTheModelsIsNamedWithStepAndField() {
    declare("model:a@1", "default", 1);
    models.put(
        "model:wide@1",
        TargetSpec.newBuilder(EnsembleRig.declared("model:wide@1", "default", 1)).build());
    models.get("model:wide@1").getModel().setInputs(List.of(EnsembleRig.floats("x0", -1, 5)));
    assertThatThrownBy(
            () -> targets(List.of(EnsembleRig.model("w", "model:wide@1", List.of("in"))), "w"))
        .hasMessageContaining("step 'w': inputs: tensor 'in'")
        .hasMessageContaining("has shape [-1, 4]; expected [-1, 5]");
    assertThatThrownBy(
            () -> targets(List.of(EnsembleRig.model("a", "model:none@1", List.of("in"))), "a"))
        .hasMessageContaining("step 'a': model 'model:none@1' is not in the repository");
    assertThatThrownBy(
            () -> targets(List.of(EnsembleRig.model("a", "model:a@1", List.of("in", "in"))), "a"))
        .hasMessageContaining("model:a@1 has no input 'x1'; it has [x0]");
    EnsembleStep affine =
        EnsembleStep.newBuilder(EnsembleRig.operation(EnsembleOperation.AFFINE, "f", "in"))
            .setNumbers(Map.of("scale", List.of(1.0, 2.0)))
            .build();
    assertThatThrownBy(() -> targets(List.of(affine), "f"))
        .hasMessageContaining("step 'f': scale: expected 1 number, or 4");
  }
}
