package io.millrace.topologies.selector.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.topologies.memory.logic.Memory;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ModelSelectorTest {
  private static final String LARGE = "model:large";
  private static final String MIDDLE = "model:middle";
  private static final String SMALL = "model:small";
  private static final Map<String, Double> COSTS = Map.of(LARGE, 10.0, MIDDLE, 4.0, SMALL, 1.0);

  private final Random random = new Random(11);
  private ModelSelector selector = selector();
  private long asked;
  private long explored;

  private static ModelSelector selector() {
    return new ModelSelector(
        SelectorPolicy.defaults(),
        List.of(new Candidate(LARGE, 10), new Candidate(MIDDLE, 4), new Candidate(SMALL, 1)));
  }

  /** Asks and lets the selector learn; the shares are how often each agrees with the large one. */
  private Choice ask(String inputClass, Map<String, Double> agreement) {
    return ask(inputClass, agreement, Map.of());
  }

  private Choice ask(
      String inputClass, Map<String, Double> agreement, Map<String, Double> latency) {
    Choice choice = selector.choose(inputClass, random);
    asked++;
    explored += choice.beside().isEmpty() ? 0 : 1;
    run(choice, choice.model(), agreement, latency);
    choice.beside().forEach(model -> run(choice, model, agreement, latency));
    return choice;
  }

  private void run(
      Choice choice, String model, Map<String, Double> agreement, Map<String, Double> latency) {
    String inputClass = choice.inputClass();
    selector.ran(inputClass, model, latency.getOrDefault(model, 20.0), COSTS.get(model));
    if (!choice.beside().isEmpty() && !model.equals(LARGE)) {
      selector.compared(
          inputClass, model, random.nextDouble() < agreement.getOrDefault(model, 1.0));
    }
  }

  private Choice askOften(int times, String inputClass, Map<String, Double> agreement) {
    Choice last = ask(inputClass, agreement);
    for (int i = 1; i < times; i++) {
      last = ask(inputClass, agreement);
    }
    return last;
  }

  @Test
  void theReferenceAnswersUntilACheaperOneIsProven() {
    Choice first = ask("a", Map.of());
    while (first.beside().isEmpty()) {
      first = ask("a", Map.of());
    }

    assertThat(first.model()).isEqualTo(LARGE);
    assertThat(first.why()).isEqualTo("NOTHING_PROVEN");
    assertThat(first.beside()).hasSize(1).doesNotContain(LARGE);
    assertThat(first.besideWhy()).isEqualTo("LEARNING");
    assertThat(first.reason()).contains("no cheaper model").contains(first.beside().get(0));
  }

  @Test
  void eachClassGetsTheCheapestThatDoesThere() {
    Choice easy = askOften(6_000, "easy", Map.of(SMALL, 0.99, MIDDLE, 1.0));
    Choice hard = askOften(6_000, "hard", Map.of(SMALL, 0.8, MIDDLE, 0.99));
    Choice hardest = askOften(6_000, "hardest", Map.of(SMALL, 0.5, MIDDLE, 0.8));

    assertThat(easy.model()).isEqualTo(SMALL);
    assertThat(easy.why()).isEqualTo("CHEAPEST_PROVEN");
    assertThat(easy.reason()).contains("comparisons agreed");
    assertThat(easy.evidence()).containsEntry("cost", COSTS.get(SMALL));
    assertThat(hard.model()).isEqualTo(MIDDLE);
    assertThat(hardest.model()).isEqualTo(LARGE);
  }

  @Test
  void aModelThatIsTooSlowIsNotUsed() {
    Choice last = ask("a", Map.of(), Map.of(SMALL, 500.0));
    for (int i = 0; i < 4_000; i++) {
      last = ask("a", Map.of(), Map.of(SMALL, 500.0));
    }

    assertThat(last.model()).isEqualTo(MIDDLE);
  }

  @Test
  void nobodyIsAnsweredByAModelThatIsBeingTried() {
    for (int i = 0; i < 100; i++) {
      assertThat(ask("a", Map.of(SMALL, 0.5)).model()).isEqualTo(LARGE);
    }
  }

  @Test
  void aModelThatGetsWorseIsLeftSoonAndCheckedOnOtherClasses() {
    askOften(4_000, "a", Map.of());
    assertThat(askOften(4_000, "b", Map.of()).model()).isEqualTo(SMALL);

    int answered = 0;
    while (ask("a", Map.of(SMALL, 0.7)).model().equals(SMALL)) {
      answered++;
    }
    assertThat(answered).isLessThan(4_000);
    Choice elsewhere = ask("b", Map.of());
    assertThat(elsewhere.besideWhy()).isEqualTo("DOUBT");
    assertThat(elsewhere.beside()).containsExactly(LARGE);
  }

  @Test
  void aModelThatGetsBetterIsTriedAgain() {
    askOften(3_000, "a", Map.of(SMALL, 0.5, MIDDLE, 0.5));

    assertThat(askOften(300_000, "a", Map.of()).model()).isEqualTo(SMALL);
  }

  @Test
  void whatRunsBesideStaysWithinItsShare() {
    askOften(200_000, "a", Map.of(SMALL, 0.949, MIDDLE, 0.951));
    SelectorPolicy policy = SelectorPolicy.defaults();

    // The sample goes on when the credit is used up.
    double most = policy.credit() + asked * (policy.exploreShare() + policy.shadowShare());
    assertThat((double) explored).isLessThan(most);
  }

  @Test
  void feedbackOfClientsCountsAsComparisonsDo() {
    askOften(4_000, "a", Map.of());
    boolean left = false;
    for (int i = 0; i < 50 && !left; i++) {
      left = selector.compared("a", SMALL, false);
    }

    assertThat(left).isTrue();
    assertThat(ask("a", Map.of()).model()).isNotEqualTo(SMALL);
    assertThat(selector.compared("a", "model:unheard-of", false)).isFalse();
  }

  @Test
  void aReferenceThatIsTooSlowGivesWayToAnyThatIsProven() {
    ModelSelector slow =
        new ModelSelector(
            SelectorPolicy.defaults(), List.of(new Candidate(SMALL, 1), new Candidate(LARGE, 10)));
    String answered = "";
    for (int i = 0; i < 2_000; i++) {
      Choice choice = slow.choose("a", random);
      answered = choice.model();
      slow.ran("a", choice.model(), choice.model().equals(SMALL) ? 900 : 10, 1);
      choice
          .beside()
          .forEach(
              model -> {
                slow.ran("a", model, model.equals(SMALL) ? 900 : 10, 10);
                slow.compared("a", model, true);
              });
    }
    assertThat(answered).isEqualTo(LARGE);
  }

  @Test
  void classesBeyondTheBoundShareOne() {
    for (int i = 0; i < 64; i++) {
      assertThat(ask("class-" + i, Map.of()).inputClass()).isEqualTo("class-" + i);
    }
    assertThat(ask("one more", Map.of()).inputClass()).isEqualTo(ModelSelector.OTHER_CLASSES);
    assertThat(ask("class-3", Map.of()).inputClass()).isEqualTo("class-3");
  }

  @Property(tries = 20)
  void itGoesOnFromWhatItRemembers(@ForAll long seed) {
    askOften(3_000, "a", Map.of(SMALL, 0.9));
    askOften(100, "b", Map.of());
    ModelSelector other = selector();
    Memory.read(Memory.write((byte) 1, selector::remember), (byte) 1, other::remember);
    Random one = new Random(seed);
    Random two = new Random(seed);
    for (int i = 0; i < 20; i++) {
      assertThat(other.choose("a", two)).isEqualTo(selector.choose("a", one));
    }
  }

  @Test
  void theMemoryOfOtherModelsIsRefused() {
    byte[] memory = Memory.write((byte) 1, selector::remember);
    ModelSelector other =
        new ModelSelector(
            SelectorPolicy.defaults(), List.of(new Candidate(LARGE, 1), new Candidate("x", 1)));

    assertThatThrownBy(() -> Memory.read(memory, (byte) 1, other::remember))
        .hasMessageContaining(MIDDLE);
  }

  @Test
  void twoDifferentModelsAreNeeded() {
    assertThatThrownBy(
            () ->
                new ModelSelector(
                    SelectorPolicy.defaults(),
                    List.of(new Candidate(LARGE, 1), new Candidate(LARGE, 1))))
        .hasMessageContaining(LARGE);
  }
}
