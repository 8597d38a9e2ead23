package io.millrace.topologies.speculation.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SpeculatorTest {
  private final Set<String> reads = new HashSet<>(Set.of("user", "order", "route"));
  private final Declared declared =
      new Declared() {
        @Override
        public boolean readOnly(String target) {
          return reads.contains(target);
        }

        @Override
        public boolean speculative(String target) {
          return reads.contains(target);
        }

        @Override
        public long freshMillis(String target) {
          return 60_000;
        }
      };
  private final Speculator speculator = new Speculator(SpeculationPolicy.defaults(), declared);
  private long now = 1_000_000;

  private List<Proposal> step(String conversation, Step step) {
    now += 1_000;
    return speculator.step("t", conversation, step, now);
  }

  private static Step call(String target, String arguments, String output) {
    return Step.called(target, arguments, output);
  }

  @Test
  void aListIsWalkedAlong() {
    for (int i = 0; i < 10; i++) {
      String c = "c" + i;
      step(c, call("user", "{\"u\":\"u%d\"}".formatted(i), orders(i)));
      for (String letter : List.of("A", "B", "C")) {
        step(c, call("order", "{\"o\":\"%s%d\"}".formatted(letter, i), "{}"));
      }
      speculator.end("t", c);
    }
    assertThat(arguments(step("x", call("user", "{\"u\":\"u50\"}", orders(50)))))
        .containsExactly("{\"o\":\"A50\"}");
    assertThat(arguments(step("x", call("order", "{\"o\":\"A50\"}", "{}"))))
        .containsExactly("{\"o\":\"B50\"}");
  }

  private static String orders(int i) {
    return "{\"orders\":[\"A%d\",\"B%d\",\"C%d\"]}".formatted(i, i, i);
  }

  private static List<String> arguments(List<Proposal> proposals) {
    return proposals.stream().map(Proposal::arguments).toList();
  }

  @Test
  void argumentsMayComeFromSeveralPlacesAndConstants() {
    for (int i = 0; i < 10; i++) {
      String c = "c" + i;
      step(c, call("order", "{\"o\":\"O%d\"}".formatted(i), place(i)));
      step(
          c,
          call(
              "route",
              "{\"from\":\"from%d\",\"to\":\"to%d\",\"mode\":\"by land\"}".formatted(i, i),
              "{}"));
      speculator.end("t", c);
    }
    assertThat(arguments(step("x", call("order", "{\"o\":\"O50\"}", place(50)))))
        .containsExactly("{\"from\":\"from50\",\"mode\":\"by land\",\"to\":\"to50\"}");
  }

  private static String place(int i) {
    return "{\"sender\":{\"city\":\"from%d\"},\"receiver\":{\"city\":\"to%d\"}}".formatted(i, i);
  }

  @Test
  void whatWasSaidGivesArgumentsByTheirShape() {
    for (int i = 0; i < 10; i++) {
      String c = "c" + i;
      step(c, Step.said("Hello there! My id is anna_%d, please help.".formatted(i)));
      step(c, call("user", "{\"u\":\"anna_%d\"}".formatted(i), "{}"));
      speculator.end("t", c);
    }
    assertThat(arguments(step("x", Step.said("It is bob_77. Can you look?"))))
        .containsExactly("{\"u\":\"bob_77\"}");
  }

  @Test
  void oneTenantLearnsNothingFromAnother() {
    for (int i = 0; i < 10; i++) {
      speculator.step(
          "other", "c" + i, call("user", "{\"u\":\"u%d\"}".formatted(i), orders(i)), now);
      speculator.step("other", "c" + i, call("order", "{\"o\":\"A%d\"}".formatted(i), "{}"), now);
    }
    assertThat(step("x", call("user", "{\"u\":\"u50\"}", orders(50)))).isEmpty();
  }

  @Test
  void withoutABudgetNothingIsMadeAheadHoweverLikely() {
    SpeculationPolicy usual = SpeculationPolicy.defaults();
    Speculator poor =
        new Speculator(
            new SpeculationPolicy(
                0, 0, 0, usual.conversationsMax(), usual.idle(), usual.tenantsMax()),
            declared);
    for (int i = 0; i < 10; i++) {
      String c = "c" + i;
      String user = "{\"u\":\"u%d\"}".formatted(i);
      assertThat(poor.step("t", c, call("user", user, orders(i)), now)).isEmpty();
      String order = "{\"o\":\"A%d\"}".formatted(i);
      assertThat(poor.step("t", c, call("order", order, "{}"), now)).isEmpty();
      poor.end("t", c);
    }
  }

  @Test
  void aDeclarationThatIsTakenBackHoldsAtOnce() {
    aListIsWalkedAlong();
    reads.remove("order");
    assertThat(step("y", call("user", "{\"u\":\"u60\"}", orders(60)))).isEmpty();
  }

  /** Whatever happens: only declared targets, nothing twice, nothing that was asked already. */
  @Property(tries = 60)
  void onlyDeclaredCallsAndNoneTwice(@ForAll long seed) {
    Random random = new Random(seed);
    Speculator any = new Speculator(SpeculationPolicy.defaults(), declared);
    String[] targets = {"user", "order", "route", "write", ""};
    List<Set<String>> seen = new ArrayList<>();
    for (int c = 0; c < 4; c++) {
      seen.add(new HashSet<>());
    }
    for (int i = 0; i < 400; i++) {
      int c = random.nextInt(4);
      String target = targets[random.nextInt(targets.length)];
      Step step =
          target.isEmpty()
              ? Step.said("it is v" + random.nextInt(5) + " or w_" + random.nextInt(5))
              : call(
                  target,
                  "{\"a\":\"v%d\"}".formatted(random.nextInt(5)),
                  "[\"v%d\",{\"b\":%d}]".formatted(random.nextInt(5), random.nextInt(5)));
      seen.get(c).add(step.call());
      for (Proposal proposal : any.step("t", "c" + c, step, i * 100L)) {
        assertThat(reads).contains(proposal.target());
        assertThat(proposal.probability()).isBetween(0.4, 1.0);
        Step made = call(proposal.target(), proposal.arguments(), "");
        assertThat(seen.get(c).add(made.call())).isTrue();
      }
    }
  }

  @Property(tries = 200)
  void theBudgetBoundsWhatIsWasted(
      @ForAll @DoubleRange(min = 0, max = 0.9) double share,
      @ForAll @IntRange(min = 0, max = 20) int burst,
      @ForAll long seed) {
    Random random = new Random(seed);
    WasteBudget budget = new WasteBudget(share, burst, 0);
    int made = 0;
    int wasted = 0;
    for (int i = 0; i < 500; i++) {
      double claimed = random.nextDouble();
      if (budget.take(claimed, 0)) {
        made++;
        // The estimates are worthless: what is made is used by chance, whatever was claimed.
        boolean used = random.nextInt(3) == 0;
        wasted += used ? 0 : 1;
        budget.settle(claimed, used);
      }
    }
    assertThat((double) wasted).isLessThanOrEqualTo(share * made + burst + 1 + 1e-6);
  }

  @Test
  void aBudgetThatIsSpentRefillsWithTime() {
    WasteBudget budget = new WasteBudget(0.25, 2, 0);
    int made = 0;
    while (budget.take(0.5, 0)) {
      budget.settle(0.5, false);
      made++;
    }
    assertThat(made).isBetween(2, 4);
    assertThat(budget.take(0.5, 1_000)).isFalse();
    assertThat(budget.take(0.5, 180_000)).isTrue();
  }

  @Test
  void whatComesOnlyAfterAWriteIsNotMadeAheadBeforeIt() {
    for (int i = 0; i < 10; i++) {
      String c = "c" + i;
      String user = "{\"u\":\"u%d\"}".formatted(i);
      assertThat(step(c, call("user", user, orders(i)))).isEmpty();
      step(c, call("write", "{}", "done"));
      step(c, call("order", "{\"o\":\"A%d\"}".formatted(i), "{}"));
      speculator.end("t", c);
    }
  }

  @Test
  void whatWasLongAgoCountsLess() {
    CallModel model = new CallModel();
    CallModel.Context context =
        new CallModel.Context(new Rule("order", java.util.Map.of()), "user", "");
    for (int i = 0; i < 2_000; i++) {
      model.observe(context, true);
    }
    for (int i = 0; i < 400; i++) {
      model.observe(context, false);
    }
    assertThat(model.probability(context)).isLessThan(0.4);
  }

  @Test
  void theModelIsBounded() {
    CallModel model = new CallModel();
    for (int i = 0; i < 20_000; i++) {
      Rule rule = new Rule("t" + i, java.util.Map.of());
      model.derive(List.of(rule, rule));
      model.observe(new CallModel.Context(rule, "a" + i, "b" + i), true);
    }
    assertThat(model.rules()).hasSizeLessThanOrEqualTo(512);
    assertThat(model.contexts()).isLessThanOrEqualTo(8_192);
  }

  @Test
  void aShapeTellsCodesFromWords() {
    assertThat(Tokens.shape("mia_li_3668")).isEqualTo("a_a_9");
    assertThat(Tokens.shape("M20IZO")).isEqualTo("A6");
    assertThat(Tokens.shape("HATHAT")).isEqualTo("A6");
    assertThat(Tokens.shape("2024-05-20")).isEqualTo("9-9-9");
    assertThat(Tokens.of("ID: **HATHAT**, or (mia_li_3668)."))
        .containsExactly("HATHAT", "mia_li_3668");
  }
}
