package io.millrace.benchmarks.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Holds that the policies beside Millrace's are what their names say. */
class CacheReplayTest {

  @Test
  void aLoopTellsThePoliciesApart() {
    Trace trace = new Trace();
    for (int i = 0; i < 20_000; i++) {
      trace.add(i % 100);
    }
    Map<String, Double> rates = new CacheReplay(trace, 50, false, said -> {}).run().hitRatePct();

    assertThat(rates)
        .containsOnlyKeys("millrace", "caffeine", "lru", "lfu", "arc", "s3fifo", "sieve", "belady")
        .containsEntry("lru", 0.0);
    assertThat(rates.get("millrace")).isGreaterThan(45);
    assertThat(rates.get("belady")).isBetween(49.0, 51.0);
  }

  @Test
  void nothingBeatsKnowingTheFuture() {
    SplittableRandom random = new SplittableRandom(5);
    Trace trace = new Trace();
    for (int i = 0; i < 30_000; i++) {
      trace.add((long) (1_000 * Math.pow(random.nextDouble(), 3)));
    }
    Map<String, Double> rates = new CacheReplay(trace, 100, false, said -> {}).run().hitRatePct();

    double belady = rates.get("belady");
    assertThat(rates.values()).allMatch(rate -> rate <= belady);
    assertThat(rates.get("lfu")).isGreaterThan(rates.get("lru"));
  }

  @Test
  void costsAndBytesCount() {
    Trace trace = new Trace();
    trace.columns(true, true);
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 30_000; i++) {
      int key = random.nextInt(100);
      trace.add(key, key < 50 ? 10 : 100, key % 2 == 0 ? 100 : 1);
    }
    CacheReplay.Result result = new CacheReplay(trace, 1_000, true, said -> {}).run();

    assertThat(result.costSavedPct()).isNotNull();
    assertThat(result.costSavedPct().get("millrace"))
        .isGreaterThan(result.costSavedPct().get("lru") + 10);
  }
}
