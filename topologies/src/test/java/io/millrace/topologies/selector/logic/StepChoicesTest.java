package io.millrace.topologies.selector.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepChoicesTest {
  private static final String LARGE = "model:large";
  private static final String SMALL = "model:small";

  private final Random random = new Random(2);
  private final StepChoices<String> choices =
      new StepChoices<>(
          new ModelSelector(
              SelectorPolicy.defaults(),
              List.of(new Candidate(LARGE, 10), new Candidate(SMALL, 1))),
          LARGE,
          String::equals,
          String::length);
  private int operations;

  /** A request whose answers come in the given order of the models that run. */
  private Choice ask(String small, boolean referenceFirst) {
    String operation = "op-" + operations++;
    Choice choice = choices.choose(operation, "a", random, operations);
    boolean both = !choice.beside().isEmpty();
    if (referenceFirst && (both || choice.model().equals(LARGE))) {
      choices.ended(operation, LARGE, "right", 5, 10, operations);
    }
    if (both || choice.model().equals(SMALL)) {
      choices.ended(operation, SMALL, small, 5, 1, operations);
    }
    if (!referenceFirst && (both || choice.model().equals(LARGE))) {
      choices.ended(operation, LARGE, "right", 5, 10, operations);
    }
    return choice;
  }

  private String modelAfter(int requests, String small, boolean referenceFirst) {
    String model = "";
    for (int i = 0; i < requests; i++) {
      model = ask(small, referenceFirst).model();
    }
    return model;
  }

  @Test
  void answersAreComparedWhicheverComesFirst() {
    assertThat(modelAfter(2_000, "right", true)).isEqualTo(SMALL);
    assertThat(modelAfter(4_000, "wrong", false)).isEqualTo(LARGE);
  }

  @Test
  void whoGivesNoAnswerIsNotInTime() {
    for (int i = 0; i < 2_000; i++) {
      String operation = "op-" + i;
      Choice choice = choices.choose(operation, "a", random, i);
      choices.ended(operation, LARGE, "right", 5, 10, i);
      if (choice.beside().contains(SMALL)) {
        choices.ended(operation, SMALL, null, 5, 1, i);
      }
      assertThat(choice.model()).isEqualTo(LARGE);
    }
  }

  @Test
  void theSameRequestIsAnsweredByTheSameModel() {
    Choice choice = choices.choose("op", "a", random, 0);

    assertThat(choices.choose("op", "a", random, 0)).isEqualTo(choice.withoutEvidence());
  }

  @Test
  void clientsJudgeTheModelThatAnsweredOnceForEachRequest() {
    assertThat(modelAfter(2_000, "right", true)).isEqualTo(SMALL);
    String last = "op-" + (operations - 1);
    for (int i = 0; i < 100; i++) {
      assertThat(choices.feedback(last, false)).isTrue();
    }
    assertThat(ask("right", true).model()).isEqualTo(SMALL);
    for (int i = 2; i < 60; i++) {
      choices.feedback("op-" + (operations - i), false);
    }

    assertThat(ask("right", true).model()).isEqualTo(LARGE);
    assertThat(choices.feedback("never heard of", true)).isFalse();
  }

  @Test
  void answersThatComeTooLateAreNotWaitedFor() {
    for (int i = 0; i < 1_000; i++) {
      String operation = "op-" + i;
      Choice choice = choices.choose(operation, "a", random, i);
      choices.ended(operation, LARGE, "right", 5, 10, i);
      choice.beside().forEach(model -> choices.ended(operation, model, "right", 5, 1, 100_000));

      assertThat(choice.model()).isEqualTo(LARGE);
    }
  }
}
