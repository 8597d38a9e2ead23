package io.millrace.benchmarks.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.events.FailurePattern;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatternScoreTest {
  private static final Injection CASCADE =
      new Injection("tool:a", FailurePattern.CASCADING, "tool:b", 1_000, 1_300);
  private static final Injection PERSISTENT =
      new Injection("tool:b", FailurePattern.PERSISTENT, "tool:b", 990, 1_300);

  private final List<String> mistakes = new ArrayList<>();
  private final PatternScore score = new PatternScore(mistakes::add);

  private static Raised raised(String target, FailurePattern pattern, String blamed, double at) {
    return new Raised(target, pattern, blamed, at, at - 50, "because");
  }

  private PatternScore.Figures of(FailurePattern pattern) {
    return score.perPattern().get(pattern);
  }

  @Test
  void whatIsNamedInTimeIsFoundOnce() {
    score.add(
        List.of(CASCADE, PERSISTENT),
        List.of(
            raised("tool:b", FailurePattern.PERSISTENT, "tool:b", 1_090),
            raised("tool:a", FailurePattern.CASCADING, "tool:b", 1_100),
            raised("tool:a", FailurePattern.CASCADING, "tool:b", 1_200)));

    assertThat(score.macroF1()).isEqualTo(1);
    assertThat(of(FailurePattern.CASCADING).delayP50S()).isEqualTo(100);
    assertThat(of(FailurePattern.CASCADING).onsetErrorP50S()).isEqualTo(50);
    assertThat(mistakes).isEmpty();
  }

  @Test
  void theWrongNameTargetBlameOrTimeIsFalseAndMisses() {
    score.add(
        List.of(CASCADE),
        List.of(
            raised("tool:a", FailurePattern.CASCADING, "tool:a", 1_100),
            raised("tool:c", FailurePattern.CASCADING, "tool:b", 1_100),
            raised("tool:a", FailurePattern.CASCADING, "tool:b", 900),
            raised("tool:a", FailurePattern.CASCADING, "tool:b", 1_421),
            raised("tool:a", FailurePattern.PERSISTENT, "tool:b", 1_100)));

    assertThat(of(FailurePattern.CASCADING).found()).isZero();
    assertThat(of(FailurePattern.CASCADING).falseReports()).isEqualTo(4);
    assertThat(of(FailurePattern.CASCADING).f1()).isZero();
    assertThat(of(FailurePattern.PERSISTENT).precision()).isZero();
    assertThat(mistakes).hasSize(6);
  }

  @Test
  void theMacroMeanWeighsEachPatternTheSame() {
    score.add(
        List.of(CASCADE, PERSISTENT),
        List.of(raised("tool:b", FailurePattern.PERSISTENT, "tool:b", 1_090)));

    // One of six patterns is missed wholly.
    assertThat(score.macroF1()).isCloseTo(5 / 6.0, within(1e-9));
  }
}
