package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** The small parts of dispatch against naive models of them. */
class DispatchPartsTest {
  private static final long SILENCE = 3_000;

  @Property(tries = 300)
  void timersFireWhatANaiveListWouldAndNothingTwice(@ForAll long seed) {
    Random random = new Random(seed);
    Timers<Integer> timers = new Timers<>();
    Map<Integer, Long> model = new HashMap<>();
    long now = 1_000_000;
    for (int step = 0; step < 200; step++) {
      int thing = random.nextInt(20);
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          long due = now + random.nextInt(500) - 50;
          timers.set(thing, due);
          model.put(thing, due);
        }
        case 2 -> {
          timers.remove(thing);
          model.remove(thing);
        }
        default -> {
          now += random.nextInt(100);
          long at = now;
          Set<Integer> fired = new HashSet<>();
          timers.expire(
              now,
              due -> {
                assertThat(fired.add(due)).isTrue();
                assertThat(model.remove(due)).as("not before it is due").isLessThanOrEqualTo(at);
              });
          assertThat(model.values()).allSatisfy(due -> assertThat(due).isGreaterThan(at - 10));
        }
      }
      assertThat(timers.size()).isEqualTo(model.size());
    }
  }

  @Example
  void whatAnActionRemovesOrMovesDoesNotFire() {
    Timers<String> timers = new Timers<>();
    List<String> fired = new ArrayList<>();
    for (String thing : List.of("a", "b", "c")) {
      timers.set(thing, 100);
    }
    timers.expire(
        100,
        thing -> {
          fired.add(thing);
          timers.remove("b");
          if (fired.size() == 1) {
            timers.set("c", 200);
          }
        });
    assertThat(fired).containsExactly("a");
    timers.expire(200, fired::add);
    assertThat(fired).containsExactly("a", "c");
  }

  @Example
  void timesAtBothEndsOfTimeKeepTheirOrder() {
    Timers<String> timers = new Timers<>();
    List<String> fired = new ArrayList<>();
    timers.set("never", Long.MAX_VALUE);
    timers.set("long ago", Long.MIN_VALUE);
    timers.expire(1_000, fired::add);
    assertThat(fired).containsExactly("long ago");
  }

  @Property(tries = 200)
  void retriesNeverExceedWhatWasSavedAndEarned(@ForAll long seed) {
    Random random = new Random(seed);
    double ratio = random.nextDouble();
    double perSecond = random.nextInt(20);
    double saved = random.nextInt(50);
    AttemptBudget budget = new AttemptBudget(perSecond, saved, 0);
    long now = 0;
    long first = 0;
    long retries = 0;
    for (int step = 0; step < 500; step++) {
      now += random.nextInt(20);
      if (random.nextInt(3) == 0) {
        budget.earn(ratio);
        first++;
      } else if (budget.trySpend(now)) {
        retries++;
      }
      assertThat((double) retries)
          .isLessThanOrEqualTo(saved + first * ratio + now * perSecond / 1000 + 1e-6);
    }
  }

  @Example
  void aClockThatWasAheadDoesNotKeepTheBudgetFromFilling() {
    AttemptBudget budget = new AttemptBudget(10, 1, 0);
    assertThat(budget.trySpend(3_600_000)).isTrue();
    assertThat(budget.trySpend(0)).isFalse();
    assertThat(budget.trySpend(1_000)).isTrue();
  }

  @Property
  void backoffStaysBetweenNothingAndItsBounds(
      @ForAll @IntRange(min = 1) int attempt,
      @ForAll @LongRange(min = 0) long base,
      @ForAll @LongRange(min = 0) long longest,
      @ForAll long seed) {
    long pause = Backoff.millis(attempt, base, longest, new SplittableRandom(seed));
    assertThat(pause).isBetween(0L, longest);
    if (attempt == 1) {
      assertThat(pause).isLessThanOrEqualTo(base);
    }
    if (base > 0 && longest > 1_000_000) {
      assertThat(Backoff.millis(40, base, longest, new SplittableRandom(seed))).isNotNegative();
    }
  }

  @Example
  void theLongestBackoffIsReachedWhateverTheBase() {
    SplittableRandom random = new SplittableRandom(1);
    long most = 0;
    for (int i = 0; i < 1_000; i++) {
      most = Math.max(most, Backoff.millis(31, Long.MAX_VALUE / 4, 1_000, random));
    }
    assertThat(most).isGreaterThan(900);
  }

  /** Tasks run in order on a few slots; some lose their worker, and are never heard of. */
  @Property(tries = 200)
  void handOverReportsLostWhatWasOvertakenAndNothingThatWasHeard(@ForAll long seed) {
    Random random = new Random(seed);
    HandOver handOver = new HandOver(SILENCE, 0);
    Map<Long, Long> sentAt = new HashMap<>();
    Set<Long> heard = new HashSet<>();
    Map<Long, Long> reported = new HashMap<>();
    Map<Long, Long> overtakenAt = new HashMap<>();
    Set<Long> doomed = new HashSet<>();
    long sequence = 0;
    long next = 1;
    for (long now = 0; now < 40_000; now += 10) {
      long at = now;
      if (now < 25_000 && random.nextInt(20) == 0) {
        sequence++;
        handOver.sent(sequence, "f" + sequence, now);
        sentAt.put(sequence, now);
        if (random.nextInt(4) == 0) {
          doomed.add(sequence);
        }
      }
      if (next <= sequence && random.nextInt(10) == 0) {
        if (!doomed.contains(next) && !reported.containsKey(next)) {
          handOver.heard(next);
          heard.add(next);
          for (long earlier = 1; earlier < next; earlier++) {
            if (!heard.contains(earlier)) {
              overtakenAt.putIfAbsent(earlier, now);
            }
          }
        }
        next++;
      }
      handOver.check(
          now,
          (number, fingerprint) -> {
            assertThat(heard).as("never what was heard").doesNotContain(number);
            assertThat(overtakenAt).as("lost only if overtaken").containsKey(number);
            assertThat(at - overtakenAt.getOrDefault(number, at))
                .isGreaterThanOrEqualTo(SILENCE * 2 / 3 - 20);
            assertThat(at - sentAt.getOrDefault(number, at)).isGreaterThanOrEqualTo(SILENCE);
            assertThat(fingerprint).isEqualTo("f" + number);
            assertThat(reported.put(number, at)).isNull();
          },
          (number, fingerprint) -> {
            assertThat(heard).doesNotContain(number);
            assertThat(at - sentAt.getOrDefault(number, at)).isGreaterThanOrEqualTo(SILENCE);
            assertThat(reported.put(number, at)).isNull();
          });
      overtakenAt.forEach(
          (number, since) -> {
            if (at - since > SILENCE + 30) {
              assertThat(reported.containsKey(number) || heard.contains(number))
                  .as("task %d, overtaken at %d, is reported by %d", number, since, at)
                  .isTrue();
            }
          });
    }
  }
}
