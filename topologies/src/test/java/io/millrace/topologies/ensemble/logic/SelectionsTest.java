package io.millrace.topologies.ensemble.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsemblePolicy;
import io.millrace.events.EnsembleStep;
import io.millrace.events.Failure;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.schemas.serde.AvroSafety;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** A small model that agrees on short inputs only, before a large one. */
class SelectionsTest {
  private static final String SMALL = "model:small@1";
  private static final String LARGE = "model:large@1";
  private static final int SHORT = 16;
  private static final int LONG = 4_096;

  static {
    AvroSafety.establish();
  }

  private Selections selections = new Selections();
  private final EnsembleStep step =
      EnsembleStep.newBuilder()
          .setName("cheap")
          .setPolicy(EnsemblePolicy.SELECT)
          .setCandidates(
              List.of(new EnsembleCandidate(SMALL, 1.0), new EnsembleCandidate(LARGE, 1.0)))
          .build();
  private final Map<Integer, Integer> besides = new HashMap<>();
  private long now = 1_000_000;
  private int asked;

  private Chooser.Choice choose(int bytes, Predicate<String> usable) {
    Tensor input =
        Tensor.newBuilder()
            .setName("x")
            .setShape(List.of((long) bytes))
            .setDatatype(TensorDatatype.UINT8)
            .setData(ByteBuffer.allocate(bytes))
            .build();
    return selections.choose(
        "model:pipe@1", step, new Chooser.Request(id(), List.of(input), Map.of()), usable, now);
  }

  private static boolean any(String model) {
    return !model.isEmpty();
  }

  private String id() {
    return "operation-" + asked;
  }

  /** One request, every model answering at its own cost. */
  private Chooser.Choice ask(int bytes) {
    asked++;
    now += 10;
    Chooser.Choice choice = choose(bytes, SelectionsTest::any);
    List<Integer> calls = new ArrayList<>(choice.beside());
    calls.add(choice.order().get(0));
    for (int candidate : calls) {
      boolean right = candidate == 1 || bytes == SHORT;
      ended(candidate, answer(candidate, right ? 1 : 2));
    }
    choice.beside().forEach(candidate -> besides.merge(candidate, 1, Integer::sum));
    return choice;
  }

  private void ended(int candidate, InferenceResult result) {
    selections.ended("model:pipe@1", step, id(), candidate, result, 5, now);
  }

  private static InferenceResult answer(int candidate, int value) {
    Tensor output =
        Tensor.newBuilder()
            .setName("y")
            .setDatatype(TensorDatatype.UINT8)
            .setShape(List.of(1L))
            .setData(ByteBuffer.wrap(new byte[] {(byte) value}))
            .build();
    return InferenceResult.newBuilder()
        .setOutcome(Outcome.OK)
        .setOutputs(List.of(output))
        .setComputeMs(candidate == 0 ? 1 : 10)
        .setBatchSize(1)
        .build();
  }

  private List<Integer> learn(int requests) {
    List<Integer> last = List.of();
    for (int i = 0; i < requests; i++) {
      ask(LONG);
      last = ask(SHORT).order();
    }
    return last;
  }

  @Test
  void theSmallModelAnswersWhereItWasFoundToAgreeAndTheReferenceElsewhere() {
    assertThat(ask(SHORT).order()).as("nothing is known").containsExactly(1, 0);
    assertThat(learn(500)).containsExactly(0, 1);
    assertThat(ask(LONG).order()).containsExactly(1, 0);
    assertThat(ask(SHORT).why()).startsWith("CHEAPEST_PROVEN for inputs of class '16 bytes");
    assertThat(besides.get(0)).as("tried beside").isPositive();

    List<Selections.Change> changes = selections.changes();
    assertThat(changes).hasSize(1);
    assertThat(changes.get(0).from()).isEqualTo(LARGE);
    assertThat(changes.get(0).choice().model()).isEqualTo(SMALL);
    assertThat(selections.changes()).isEmpty();
  }

  @Test
  void aModelThatCannotBeCalledIsLast() {
    learn(500);
    asked++;
    assertThat(choose(SHORT, model -> !model.equals(SMALL)).order()).containsExactly(1, 0);
    asked++;
    assertThat(choose(LONG, model -> !model.equals(LARGE)).order()).containsExactly(0, 1);
  }

  @Test
  void whatWasLearntOutlivesARestartButNotAnotherDeclaration() {
    learn(500);
    Map<String, byte[]> memories = selections.memories(now);
    assertThat(memories).containsOnlyKeys("model:pipe@1/cheap");
    assertThat(selections.memories(now)).as("nothing new").isEmpty();

    selections = new Selections();
    memories.forEach(selections::recall);
    assertThat(ask(SHORT).order()).containsExactly(0, 1);
    assertThat(selections.changes()).as("it was said before the restart").isEmpty();

    selections = new Selections();
    memories.forEach(selections::recall);
    step.setNumbers(Map.of("quality", List.of(0.99)));
    assertThat(ask(SHORT).order()).containsExactly(1, 0);

    selections = new Selections();
    memories.forEach((key, bytes) -> selections.recall(key, new byte[] {1, 2, 3}));
    assertThat(ask(SHORT).order()).as("damaged").containsExactly(1, 0);
  }

  @Test
  void whatEndsOfAFormerDeclarationDisturbsNothing() {
    learn(500);
    EnsembleStep former =
        EnsembleStep.newBuilder(step).setNumbers(Map.of("quality", List.of(0.99))).build();
    selections.ended("model:pipe@1", former, id(), 0, answer(0, 1), 5, now);
    assertThat(ask(SHORT).order()).containsExactly(0, 1);
  }

  @Test
  void clientsThatFindTheAnswersBadTakeTheClassFromTheSmallModel() {
    learn(500);
    List<Integer> last = List.of();
    for (int i = 0; i < 200; i++) {
      last = ask(SHORT).order();
      assertThat(selections.feedback(id(), last.get(0) == 1)).isTrue();
    }
    assertThat(last).containsExactly(1, 0);
    assertThat(selections.feedback("of somebody else", true)).isFalse();
  }

  @Test
  void whatTheInputsBringAboutSaysNothingOfTheModel() {
    learn(500);
    for (int i = 0; i < 200; i++) {
      asked++;
      int candidate = choose(SHORT, SelectionsTest::any).order().get(0);
      assertThat(candidate).isZero();
      ended(
          candidate,
          InferenceResult.newBuilder()
              .setOutcome(Outcome.TOOL_ERROR)
              .setFailure(new Failure("INPUT_INVALID", "ragged"))
              .build());
    }
  }

  @Test
  void aModelThatFailsLosesItsClass() {
    learn(500);
    int small = 0;
    for (int i = 0; i < 300; i++) {
      asked++;
      int candidate = choose(SHORT, SelectionsTest::any).order().get(0);
      small += candidate == 0 ? 1 : 0;
      ended(
          candidate,
          candidate == 1
              ? answer(1, 1)
              : InferenceResult.newBuilder()
                  .setOutcome(Outcome.TOOL_ERROR)
                  .setFailure(new Failure("MODEL_FAILED", "NaN"))
                  .build());
    }
    assertThat(small).isLessThan(100);
  }

  @Test
  void aRequestMaySayOfWhichClassItIs() {
    asked++;
    Chooser.Choice choice =
        selections.choose(
            "model:pipe@1",
            step,
            new Chooser.Request(id(), List.of(), Map.of(Selections.CLASS_PARAMETER, "\"legal\"")),
            SelectionsTest::any,
            now);
    assertThat(choice.why()).contains("class 'legal'");
  }
}
