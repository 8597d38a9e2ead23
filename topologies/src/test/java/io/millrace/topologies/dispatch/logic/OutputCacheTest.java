package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.CacheInvalidation;
import io.millrace.events.Failure;
import io.millrace.events.InvalidationScope;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.topologies.targets.Target;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds what is cached for how long, for whom, in which form, and what ends it. */
class OutputCacheTest {
  private static final long NOW = DispatchRig.START;

  private final DispatchRig rig = new DispatchRig();
  private OutputCache cache = open(CachePolicy.defaults());

  private OutputCache open(CachePolicy policy) {
    return new OutputCache(policy, rig.journal, rig, rig.invalidations);
  }

  private static Target target(TargetSpec.Builder spec) {
    return new Target(spec.setIdempotent(true).build(), null);
  }

  private static Target lasting() {
    return target(DispatchRig.spec("echo").setCacheTtlMs(1_000L));
  }

  private static Answer ok(String output) {
    Answer answer = new Answer();
    answer.setOutcome(Outcome.OK);
    answer.setServedBy(ServedBy.WORKER);
    answer.setOutput(output);
    answer.setTargetVersion("7");
    answer.setRunMs(5.0);
    return answer;
  }

  private static Answer failed(Outcome outcome) {
    Answer answer = ok("");
    answer.setOutcome(outcome);
    answer.setOutput(null);
    answer.setFailure(new Failure("NO_SUCH_CITY", "there is no such city"));
    return answer;
  }

  @Test
  void anOutputIsServedUntilItExpires() {
    cache.put("f", "t", lasting(), ok("1"), NOW);

    assertThat(cache.get("f", NOW + 999)).extracting(CachedOutput::getOutput).isEqualTo("1");
    assertThat(cache.get("f", NOW + 1_000)).isNull();
    assertThat(cache.stale("f", NOW + 1_000)).isNull();
    assertThat(rig.journal.cache).isEmpty();
    assertThat(cache.bytes()).isZero();
  }

  @Test
  void anExpiredOutputStandsInForAsLongAsTheTargetAllows() {
    Target target = target(DispatchRig.spec("echo").setCacheTtlMs(1_000L).setStaleIfErrorMs(500L));
    cache.put("f", "t", target, ok("1"), NOW);

    assertThat(cache.get("f", NOW + 1_000)).isNull();
    assertThat(cache.stale("f", NOW + 1_499)).extracting(CachedOutput::getOutput).isEqualTo("1");
    assertThat(cache.stale("f", NOW + 1_500)).isNull();
  }

  @Test
  void aFailureOfTheTargetIsServedAgainForItsOwnTimeAndNeverStandsIn() {
    Target target = target(DispatchRig.spec("echo").setCacheTtlMs(1_000L).setNegativeTtlMs(100L));
    cache.put("f", "t", target, failed(Outcome.TOOL_ERROR), NOW);

    assertThat(cache.get("f", NOW + 99))
        .extracting(c -> c.getFailure().getCode())
        .isEqualTo("NO_SUCH_CITY");
    assertThat(cache.stale("f", NOW + 50)).isNull();
    assertThat(cache.get("f", NOW + 100)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"TOOL_ERROR,", "TIMEOUT,100", "LOST,100"})
  void otherFailuresAreNotCached(Outcome outcome, Long negativeTtl) {
    Target target =
        target(DispatchRig.spec("echo").setCacheTtlMs(1_000L).setNegativeTtlMs(negativeTtl));
    cache.put("f", "t", target, failed(outcome), NOW);

    assertThat(cache.get("f", NOW)).isNull();
  }

  @Test
  void aFailureDoesNotDisplaceAnOutputThatMayStillStandIn() {
    Target target =
        target(
            DispatchRig.spec("echo")
                .setCacheTtlMs(1_000L)
                .setStaleIfErrorMs(5_000L)
                .setNegativeTtlMs(100L));
    cache.put("f", "t", target, ok("1"), NOW);
    cache.put("f", "t", target, failed(Outcome.TOOL_ERROR), NOW + 2_000);

    assertThat(cache.stale("f", NOW + 2_001)).extracting(CachedOutput::getOutput).isEqualTo("1");
  }

  @Test
  void largeOutputsAreStoredCompressedAndServedPlain() {
    String output = "\"" + "grüße ".repeat(5_000) + "\"";
    cache.put("f", "t", lasting(), ok(output), NOW);

    assertThat(rig.journal.cache.get("f").getOutput()).isNull();
    assertThat(cache.bytes()).isLessThan(1_000);
    assertThat(cache.get("f", NOW)).extracting(CachedOutput::getOutput).isEqualTo(output);
    assertThat(open(CachePolicy.defaults()).get("f", NOW))
        .extracting(CachedOutput::getOutput)
        .isEqualTo(output);
  }

  @Test
  void whatIsDamagedInTheStoreIsAMiss() {
    cache.put("f", "t", lasting(), ok("\"" + "ab".repeat(5_000) + "\""), NOW);
    rig.journal.cache.get("f").getCompressed().put(12, (byte) 0x55).put(4, (byte) 0x7f);
    cache = open(CachePolicy.defaults());

    assertThat(cache.get("f", NOW)).isNull();
    assertThat(rig.journal.cache).isEmpty();
  }

  @Test
  void aTenantBeyondItsQuotaDisplacesItsOwnOldestEntriesOnly() {
    cache = open(new CachePolicy(100, 100_000, 10_000, 250, 4_096));
    String output = "x".repeat(90);
    cache.put("a1", "a", lasting(), ok(output), NOW);
    cache.put("b1", "b", lasting(), ok(output), NOW);
    cache.put("b2", "b", lasting(), ok(output), NOW);
    cache.get("b1", NOW);
    cache.put("b3", "b", lasting(), ok(output), NOW);

    assertThat(rig.journal.cache).containsOnlyKeys("a1", "b1", "b3");
    cache.put("b4", "b", lasting(), ok("x".repeat(300)), NOW);
    assertThat(cache.get("b4", NOW)).isNull();
    assertThat(cache.get("a1", NOW)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "KEY,f,,t,true",
    "KEY,g,,t,false",
    "VERSION,tool:echo,7,t,true",
    "VERSION,tool:echo,8,t,false",
    "VERSION,tool:echo,,t,true",
    "VERSION,tool:ech,,t,false",
    "PREFIX,tool:ec,,t,true",
    "PREFIX,tool:x,,t,false",
    "PREFIX,tool:,,u,false",
    "PREFIX,tool:,,,true"
  })
  void anInvalidationStrikesWhatItNames(
      InvalidationScope scope, String name, String version, String tenant, boolean strikes) {
    cache.put("f", "t", lasting(), ok("1"), NOW);
    rig.invalidations.put(
        CacheInvalidation.newBuilder()
            .setScope(scope)
            .setName(name)
            .setTargetVersion(version == null ? "" : version)
            .setTenant(tenant == null ? "" : tenant)
            .setEveryTenant(tenant == null)
            .build(),
        NOW);

    assertThat(cache.get("f", NOW) == null).isEqualTo(strikes);
    if (strikes) {
      assertThat(rig.journal.cache).isEmpty();
      assertThat(rig.shared).containsEntry("f", null);
    }
    cache.put("f", "t", lasting(), ok("2"), NOW + 1);
    assertThat(cache.get("f", NOW + 1)).isNotNull();
  }

  @Test
  void moreInvalidationsThanAreRememberedStrikeTooMuchRatherThanTooLittle() {
    cache.put("old", "t", lasting(), ok("1"), NOW);
    for (int i = 0; i < 20_000; i++) {
      rig.invalidations.put(
          CacheInvalidation.newBuilder()
              .setScope(InvalidationScope.KEY)
              .setTenant("t")
              .setName(i == 0 ? "old" : "other" + i)
              .build(),
          NOW + 10);
    }
    cache.put("new", "t", lasting(), ok("1"), NOW + 11);

    assertThat(cache.get("old", NOW + 11)).isNull();
    assertThat(cache.get("new", NOW + 11)).isNotNull();
  }

  @Test
  void anotherInstanceTakesUpWhatWasShared() {
    cache.put("f", "t", lasting(), ok("1"), NOW);
    CachedOutput shared = rig.shared.get("f");
    DispatchRig other = new DispatchRig();
    OutputCache warmed =
        new OutputCache(CachePolicy.defaults(), other.journal, other, other.invalidations);

    warmed.takeUp("late", shared, NOW, NOW + 1_000);
    assertThat(other.journal.cache).isEmpty();
    warmed.takeUp("f", shared, NOW, NOW + 1);
    assertThat(warmed.get("f", NOW + 1)).extracting(CachedOutput::getOutput).isEqualTo("1");
    assertThat(other.shared).as("what was taken up is not shared again").isEmpty();

    warmed.put("f", "t", lasting(), ok("2"), NOW + 2);
    warmed.takeUp("f", shared, NOW, NOW + 3);
    warmed.takeUp("f", null, NOW, NOW + 3);
    assertThat(warmed.get("f", NOW + 3)).extracting(CachedOutput::getOutput).isEqualTo("2");
    warmed.takeUp("f", null, NOW + 3, NOW + 4);
    assertThat(warmed.get("f", NOW + 4)).isNull();
  }

  @Property(tries = 200)
  void theStoreHoldsWhatTheIndexSaysWithinItsBoundsAndServesNothingElse(@ForAll long seed) {
    Random random = new Random(seed);
    long bytesMax = random.nextInt(600);
    CachePolicy policy =
        new CachePolicy(
            random.nextInt(20), bytesMax, random.nextInt(4_000), 1 + random.nextInt(600), 64);
    rig.journal.cache.clear();
    cache = open(policy);
    Map<String, String> last = new HashMap<>();
    long now = NOW;
    for (int step = 0; step < 200; step++) {
      String key = "k" + random.nextInt(30);
      now += random.nextInt(30);
      switch (random.nextInt(8)) {
        case 0 -> cache = open(policy);
        case 1, 2, 3 -> {
          String output = (step + "x").repeat(1 + random.nextInt(30));
          cache.put(key, "t" + random.nextInt(2), lasting(), ok(output), now);
          last.put(key, output);
        }
        default -> {
          CachedOutput hit = cache.get(key, now);
          assertThat(hit == null ? last.get(key) : hit.getOutput()).isEqualTo(last.get(key));
        }
      }
      long stored =
          rig.journal.cache.entrySet().stream()
              .mapToLong(e -> CachedOutputs.bytes(e.getKey(), e.getValue()))
              .sum();
      assertThat(cache.bytes()).isEqualTo(stored).isLessThanOrEqualTo(bytesMax);
      assertThat(rig.journal.cache.size()).isLessThanOrEqualTo(policy.entriesMax());
    }
  }
}
