package io.millrace.platform.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.jspecify.annotations.Nullable;

/** Whatever the text, a reader gives its result or its one exception. */
class DocumentsPropertyTest {
  private static final String TARGETS =
      """
      targets:
        - {name: search, kind: tool, version: '1', http: {method: GET, url: 'http://h/{q}', headers: {A: b}},
           arguments: &s {type: object, properties: {q: {$ref: '#/x', pattern: 'a+'}}}, cacheable: {ttl: 5m}}
        - {name: p, process: {argv: [a, '{b}'], environment: {K: v}}, arguments: *s, backoff: 2s,
           circuit: {failure_rate: 0.5, volume: 3, open: 1s}, labels: {a: ~, b: 0x1F, c: 1e5}}
      ---
      pools: [{name: default, labels: {}}, {name: !!str other}]
      """;
  private static final String PLAN =
      """
      {"deadline": "5s", "calls": [{"name": "a", "tool": "t", "after": [], "on_failure": "default",
       "default": {"x": [1, 2.5e3, null, true]}, "arguments": {"t": "${a.b}"}, "timeout": "1s"}]}
      """;
  private static final List<String> FRAGMENTS =
      List.of(
          "[",
          "]",
          "{",
          "}",
          ":",
          ": ",
          "- ",
          "\n",
          "&a ",
          "*a",
          "!!set ",
          "!x ",
          "? ",
          "<<: *s",
          "|\n",
          ">",
          "\"",
          "'",
          "%YAML 1.1\n",
          "---\n",
          "...\n",
          "\t",
          "\u0000",
          "\uD800",
          "~",
          "-.inf",
          "9".repeat(50),
          "1e999",
          "\\u12",
          "targets",
          "null");

  @Property(tries = 2000)
  void onlyTheDocumentedExceptionEscapesFromDamagedFiles(
      @ForAll("damagedTargets") String targets, @ForAll("damagedPlans") String plan) {
    read(targets, plan);
  }

  @Property(tries = 500)
  void onlyTheDocumentedExceptionEscapesFromArbitraryText(@ForAll String text) {
    read(text, text);
  }

  @Property
  void aDurationReadsAsItIsWritten(
      @ForAll @LongRange(min = 0, max = 999_999_999_999L) long millis) {
    Duration duration = Duration.ofMillis(millis);

    assertThat(DurationText.parse(DurationText.format(duration))).contains(duration);
  }

  @Provide
  Arbitrary<String> damagedTargets() {
    return damaged(TARGETS);
  }

  @Provide
  Arbitrary<String> damagedPlans() {
    return damaged(PLAN);
  }

  private static void read(String targets, String plan) {
    for (String name : List.of("f.yaml", "f.json")) {
      attempt(() -> TargetsFile.parse(name, targets));
      attempt(() -> PlanFile.parse(name, plan));
    }
  }

  private static void attempt(Reading reading) {
    try {
      assertThat(reading.read()).isNotNull();
    } catch (InvalidDocumentException refused) {
      assertThat(refused.problems()).isNotEmpty();
    }
  }

  /** One to six places of the text replaced by something else. */
  private static Arbitrary<String> damaged(String text) {
    return Arbitraries.randoms()
        .map(
            random -> {
              StringBuilder damaged = new StringBuilder(text);
              int places = 1 + random.nextInt(6);
              for (int i = 0; i < places; i++) {
                damage(damaged, random);
              }
              return damaged.toString();
            });
  }

  private static void damage(StringBuilder text, Random random) {
    int from = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), from + random.nextInt(4));
    switch (random.nextInt(4)) {
      case 0 -> text.delete(from, to);
      case 1 -> text.insert(from, text.substring(random.nextInt(from + 1), from));
      case 2 -> text.replace(from, to, Character.toString((char) random.nextInt(256)));
      default -> text.insert(from, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
    }
  }

  @FunctionalInterface
  private interface Reading {
    @Nullable Object read() throws InvalidDocumentException;
  }
}
