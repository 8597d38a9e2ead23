package io.millrace.benchmarks.plans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.platform.cli.CommandException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanFileTest {

  @Test
  void aLineOfExpectedAnswersIsOneLevelOfCalls() {
    List<PlanShape> plans =
        PlanFile.parse(
            """
            {"id": "a", "ground_truth": [{"f": {"x": [1]}}, {"f": {"x": [2]}}]}

            {"id": "b", "ground_truth": [{"g": {}}]}
            """,
            "answers",
            7);
    assertThat(plans).extracting(PlanShape::fanOut).containsExactly(2, 1);
    assertThat(plans).allSatisfy(plan -> assertThat(plan.joinMillis()).isZero());
    assertThat(plans.get(0).criticalPathMillis())
        .isEqualTo(Math.max(plans.get(0).callMillis().get(0), plans.get(0).callMillis().get(1)));
  }

  @Test
  void aQuestionIsItsBranchesAndACallThatJoinsThem() {
    List<PlanShape> plans = PlanFile.parse("[{\"branch\": 3}]", "questions", 7);
    PlanShape plan = plans.get(0);
    assertThat(plan.fanOut()).isEqualTo(3);
    assertThat(plan.joinMillis()).isBetween(20, 500);
    assertThat(plan.callMillis()).allSatisfy(millis -> assertThat(millis).isBetween(20, 500));
    assertThat(plan.toolMillis()).isGreaterThan(plan.criticalPathMillis());
  }

  @Test
  void aSeedRepeatsTheTimesAndAnotherDoesNot() {
    String text = "[{\"branch\": 5}]";
    assertThat(PlanFile.parse(text, "f", 1)).isEqualTo(PlanFile.parse(text, "f", 1));
    assertThat(PlanFile.parse(text, "f", 1)).isNotEqualTo(PlanFile.parse(text, "f", 2));
  }

  @Test
  void whatIsNoPlanIsSaidWithItsPlace() {
    assertThatThrownBy(() -> PlanFile.parse("{\"ground_truth\":[{}]}\n{\"id\":1}", "f", 1))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("f, line 2")
        .hasMessageContaining("ground_truth");
    assertThatThrownBy(() -> PlanFile.parse("[{\"branch\": 0}]", "f", 1))
        .hasMessageContaining("element 0");
    assertThatThrownBy(() -> PlanFile.parse("not json", "f", 1)).hasMessageContaining("not JSON");
    assertThatThrownBy(() -> PlanFile.parse("\n", "f", 1)).hasMessageContaining("no plans");
  }
}
