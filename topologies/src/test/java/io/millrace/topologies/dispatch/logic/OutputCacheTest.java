package io.millrace.topologies.dispatch.logic;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import io.millrace.events.CacheInvalidation;
import io.millrace.events.Failure;
import io.millrace.events.InvalidationScope;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.topologies.targets.Target;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  private static void put(
      OutputCache into, String fingerprint, String tenant, Target target, Answer answer, long now) {
    into.put(origin(fingerprint, tenant, now, ""), target, answer, now);
  }

  private static @Nullable CachedOutput get(
      OutputCache from, String fingerprint, String conversation, long now) {
    return from.get(fingerprint, "tool:echo", conversation, now);
  }

  private static Origin origin(String fingerprint, String tenant, long begunAt, String aheadFor) {
    return new Origin(fingerprint, tenant, "tool:echo", "7", begunAt, 0, aheadFor);
  }

  @Test
  void anOutputIsServedUntilItExpires() {
    put(cache, "f", "t", lasting(), ok("1"), NOW);

    assertThat(get(cache, "f", "", NOW + 999)).extracting(CachedOutput::getOutput).isEqualTo("1");
    assertThat(get(cache, "f", "", NOW + 1_000)).isNull();
    assertThat(cache.stale("f", "", NOW + 1_000)).isNull();
    assertThat(rig.journal.cache).isEmpty();
    assertThat(cache.bytes()).isZero();
  }

  @Test
  void anExpiredOutputStandsInForAsLongAsTheTargetAllows() {
    Target target = target(DispatchRig.spec("echo").setCacheTtlMs(1_000L).setStaleIfErrorMs(500L));
    put(cache, "f", "t", target, ok("1"), NOW);

    assertThat(get(cache, "f", "", NOW + 1_000)).isNull();
    assertThat(cache.stale("f", "", NOW + 1_499))
        .extracting(CachedOutput::getOutput)
        .isEqualTo("1");
    assertThat(cache.stale("f", "", NOW + 1_500)).isNull();
  }

  @Test
  void aFailureOfTheTargetIsServedAgainForItsOwnTimeAndNeverStandsIn() {
    Target target = target(DispatchRig.spec("echo").setCacheTtlMs(1_000L).setNegativeTtlMs(100L));
    put(cache, "f", "t", target, failed(Outcome.TOOL_ERROR), NOW);

    assertThat(get(cache, "f", "", NOW + 99))
        .extracting(c -> c.getFailure().getCode())
        .isEqualTo("NO_SUCH_CITY");
    assertThat(cache.stale("f", "", NOW + 50)).isNull();
    assertThat(get(cache, "f", "", NOW + 100)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"TOOL_ERROR,", "TIMEOUT,100", "LOST,100"})
  void otherFailuresAreNotCached(Outcome outcome, Long negativeTtl) {
    Target target =
        target(DispatchRig.spec("echo").setCacheTtlMs(1_000L).setNegativeTtlMs(negativeTtl));
    put(cache, "f", "t", target, failed(outcome), NOW);

    assertThat(get(cache, "f", "", NOW)).isNull();
  }

  @Test
  void aFailureDoesNotDisplaceAnOutputThatMayStillStandIn() {
    Target target =
        target(
            DispatchRig.spec("echo")
                .setCacheTtlMs(1_000L)
                .setStaleIfErrorMs(5_000L)
                .setNegativeTtlMs(100L));
    put(cache, "f", "t", target, ok("1"), NOW);
    put(cache, "f", "t", target, failed(Outcome.TOOL_ERROR), NOW + 2_000);

    assertThat(cache.stale("f", "", NOW + 2_001))
        .extracting(CachedOutput::getOutput)
        .isEqualTo("1");
  }

  @Test
  void largeOutputsAreStoredCompressedAndServedPlain() {
    String output = "\"" + "grüße ".repeat(5_000) + "\"";
    put(cache, "f", "t", lasting(), ok(output), NOW);

    assertThat(rig.journal.cache.get("f").getOutput()).isNull();
    assertThat(cache.bytes()).isLessThan(1_000);
    assertThat(get(cache, "f", "", NOW)).extracting(CachedOutput::getOutput).isEqualTo(output);
    assertThat(get(open(CachePolicy.defaults()), "f", "", NOW))
        .extracting(CachedOutput::getOutput)
        .isEqualTo(output);
  }

  @Test
  void whatDoesNotShrinkIsStoredAsItIs() {
    cache = open(new CachePolicy(100, 100_000, 10_000, 100_000, 64));
    String output =
        new Random(1).ints(70, '!', '~').mapToObj(Character::toString).collect(joining());
    put(cache, "f", "t", lasting(), ok(output), NOW);

    assertThat(rig.journal.cache.get("f").getOutput()).isEqualTo(output);
    assertThat(rig.journal.cache.get("f").getCompressed()).isNull();
  }

  @Test
  void whatWouldUnpackToMoreThanAnyOutputIsAMiss() {
    put(cache, "f", "t", lasting(), ok("1"), NOW);
    CachedOutput bomb = CachedOutput.newBuilder(rig.journal.cache.get("f")).build();
    bomb.setOutput(null);
    bomb.setCompressed(ByteBuffer.wrap(Zstd.compress(new byte[5 << 20])));
    cache.takeUp("g", bomb, NOW, NOW);

    assertThat(rig.journal.cache).containsKey("g");
    assertThat(get(cache, "g", "", NOW)).isNull();
    assertThat(rig.journal.cache).doesNotContainKey("g");
  }

  @Test
  void whatIsDamagedInTheStoreIsAMiss() {
    put(cache, "f", "t", lasting(), ok("\"" + "ab".repeat(5_000) + "\""), NOW);
    rig.journal.cache.get("f").getCompressed().put(12, (byte) 0x55).put(4, (byte) 0x7f);
    cache = open(CachePolicy.defaults());

    assertThat(get(cache, "f", "", NOW)).isNull();
    assertThat(rig.journal.cache).isEmpty();
  }

  @Test
  void aTenantBeyondItsQuotaDisplacesItsOwnEntriesOnly() {
    cache = open(new CachePolicy(100, 100_000, 10_000, 250, 4_096));
    String output = "x".repeat(90);
    put(cache, "a1", "a", lasting(), ok(output), NOW);
    put(cache, "b1", "b", lasting(), ok(output), NOW);
    put(cache, "b2", "b", lasting(), ok(output), NOW);
    get(cache, "b1", "", NOW);
    put(cache, "b3", "b", lasting(), ok(output), NOW);

    assertThat(rig.journal.cache).hasSize(3).containsKeys("a1");
    put(cache, "b4", "b", lasting(), ok("x".repeat(300)), NOW);
    assertThat(get(cache, "b4", "", NOW)).isNull();
    assertThat(get(cache, "a1", "", NOW)).isNotNull();
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
    put(cache, "f", "t", lasting(), ok("1"), NOW);
    rig.invalidations.put(
        CacheInvalidation.newBuilder()
            .setScope(scope)
            .setName(name)
            .setTargetVersion(version == null ? "" : version)
            .setTenant(tenant == null ? "" : tenant)
            .setEveryTenant(tenant == null)
            .build(),
        NOW);

    assertThat(get(cache, "f", "", NOW) == null).isEqualTo(strikes);
    if (strikes) {
      assertThat(rig.journal.cache).isEmpty();
      assertThat(rig.shared).containsEntry("f", null);
    }
    put(cache, "f", "t", lasting(), ok("2"), NOW + 1);
    assertThat(get(cache, "f", "", NOW + 1)).isNotNull();
  }

  @Test
  void moreInvalidationsThanAreRememberedStrikeTooMuchRatherThanTooLittle() {
    put(cache, "old", "t", lasting(), ok("1"), NOW);
    for (int i = 0; i < 20_000; i++) {
      rig.invalidations.put(
          CacheInvalidation.newBuilder()
              .setScope(InvalidationScope.KEY)
              .setTenant("t")
              .setName(i == 0 ? "old" : "other" + i)
              .build(),
          NOW + 10);
    }
    put(cache, "new", "t", lasting(), ok("1"), NOW + 11);

    assertThat(get(cache, "old", "", NOW + 11)).isNull();
    assertThat(get(cache, "new", "", NOW + 11)).isNotNull();
  }

  @Test
  void anOutputWhoseWorkWasBegunBeforeAnInvalidationIsNotStoredAfterIt() {
    rig.invalidations.put(
        CacheInvalidation.newBuilder()
            .setScope(InvalidationScope.KEY)
            .setTenant("t")
            .setName("f")
            .build(),
        NOW + 10);
    cache.put(origin("f", "t", NOW + 10, ""), lasting(), ok("1"), NOW + 20);
    assertThat(rig.journal.cache).isEmpty();
    assertThat(rig.shared).isEmpty();

    cache.put(origin("f", "t", NOW + 11, ""), lasting(), ok("2"), NOW + 20);
    assertThat(get(cache, "f", "", NOW + 20)).extracting(CachedOutput::getOutput).isEqualTo("2");
  }

  @Test
  void whatWasBegunOnceAnInvalidationWasHeardStandsWhateverTheClocksSay() {
    rig.invalidations.put(prefix("tool:"), NOW + 5_000);
    long heard = rig.invalidations.heard();
    cache.put(new Origin("f", "t", "tool:echo", "7", NOW, heard, ""), lasting(), ok("1"), NOW + 1);
    assertThat(get(cache, "f", "", NOW + 1)).isNotNull();

    rig.invalidations.put(prefix("tool:"), NOW);
    assertThat(get(cache, "f", "", NOW + 1)).isNull();
  }

  @Test
  void whatWasBegunEarlierDoesNotDisplaceWhatWasBegunLater() {
    cache.put(origin("f", "t", NOW + 5, ""), lasting(), ok("new"), NOW + 10);
    cache.put(origin("f", "t", NOW, ""), lasting(), ok("old"), NOW + 20);

    assertThat(get(cache, "f", "", NOW + 20)).extracting(CachedOutput::getOutput).isEqualTo("new");
  }

  @Test
  void anInvalidationStrikesWhatOthersSharedByWhenItsWorkWasBegun() {
    cache.put(origin("f", "t", NOW, ""), lasting(), ok("1"), NOW + 50);
    DispatchRig other = new DispatchRig();
    OutputCache warmed =
        new OutputCache(CachePolicy.defaults(), other.journal, other, other.invalidations);
    warmed.takeUp("f", rig.shared.get("f"), NOW + 50, NOW + 60);
    assertThat(get(warmed, "f", "", NOW + 60)).isNotNull();
    other.invalidations.put(
        CacheInvalidation.newBuilder()
            .setScope(InvalidationScope.PREFIX)
            .setTenant("t")
            .setName("tool:")
            .build(),
        NOW + 10);

    assertThat(get(warmed, "f", "", NOW + 60)).isNull();
  }

  @Test
  void whatWasMadeAheadIsOfNoUseOnceItsConversationOrTheOneThatAsksHasWritten() {
    cache.put(origin("f", "t", NOW, "c"), lasting(), ok("1"), NOW + 10);
    rig.invalidations.wrote("t", "d", NOW + 20);
    rig.invalidations.wrote("u", "c", NOW + 20);

    assertThat(get(cache, "f", "d", NOW + 30)).isNull();
    assertThat(get(cache, "f", "c", NOW + 30)).isNotNull();
    assertThat(get(cache, "f", "", NOW + 30)).isNotNull();
    rig.invalidations.wrote("t", "c", NOW + 30);
    assertThat(get(cache, "f", "", NOW + 40)).isNull();
    assertThat(rig.journal.cache).isEmpty();

    cache.put(origin("f", "t", NOW + 31, "c"), lasting(), ok("2"), NOW + 40);
    assertThat(get(cache, "f", "d", NOW + 40)).isNotNull();
  }

  @Test
  void whatWasAskedForOutlivesWrites() {
    cache.put(origin("f", "t", NOW, ""), lasting(), ok("1"), NOW + 10);
    rig.invalidations.wrote("t", "c", NOW + 20);

    assertThat(get(cache, "f", "c", NOW + 30)).isNotNull();
  }

  @Test
  void whatWasMadeAheadIsKeptForTenMinutesAndNeverStandsIn() {
    Target target =
        target(DispatchRig.spec("echo").setCacheTtlMs(3_600_000L).setStaleIfErrorMs(3_600_000L));
    cache.put(origin("f", "t", NOW, "c"), target, ok("1"), NOW);

    assertThat(get(cache, "f", "", NOW + 599_999)).isNotNull();
    assertThat(cache.stale("f", "", NOW + 600_000)).isNull();
  }

  @Test
  void moreConversationsThanAreRememberedStrikeOnlyWhatWasMadeAhead() {
    cache.put(origin("asked", "t", NOW, ""), lasting(), ok("1"), NOW);
    cache.put(origin("ahead", "t", NOW, "c"), lasting(), ok("1"), NOW);
    for (int i = 0; i < 10_001; i++) {
      rig.invalidations.wrote("t", "d" + i, NOW);
    }

    assertThat(get(cache, "asked", "d1", NOW + 1)).isNotNull();
    assertThat(get(cache, "ahead", "", NOW + 1)).isNull();
  }

  @Test
  void whatDoesNotFitIsNeitherStoredNorShared() {
    cache = open(new CachePolicy(100, 1_000, 10_000, 250, 4_096));
    put(cache, "f", "t", lasting(), ok("x".repeat(300)), NOW);
    put(cache, "g", "t", lasting(), ok("x".repeat(3_000)), NOW);

    assertThat(rig.journal.cache).isEmpty();
    assertThat(rig.shared).isEmpty();
    assertThat(cache.bytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -1, 1e300})
  void anAnswerWhoseCostIsNoneWeighsLikeOthers(double runMs) {
    CachedOutput shared = new CachedOutput();
    shared.setTenant("t");
    shared.setTarget("tool:echo");
    shared.setTargetVersion("7");
    shared.setAheadFor("");
    shared.setOutput("{}");
    shared.setRunMs(runMs);

    assertThat(CacheEntry.of("f", shared, 0).cost()).isPositive().isLessThanOrEqualTo(1e9f);
  }

  @Test
  void answersThatAreDearStayLongerThanCheapOnes() {
    cache = open(new CachePolicy(1_000, 10_000, 5_000, 10_000, 4_096));
    Random random = new Random(1);
    int asked = 0;
    int hits = 0;
    for (int i = 0; i < 20_000; i++) {
      boolean dear = random.nextBoolean();
      String key = (dear ? "dear" : "cheap") + random.nextInt(40);
      boolean hit = get(cache, key, "", NOW) != null;
      if (!hit) {
        Answer answer = ok("x".repeat(200));
        answer.setRunMs(dear ? 1_000.0 : 1.0);
        put(cache, key, "t", lasting(), answer, NOW);
      }
      if (dear && i > 10_000) {
        asked++;
        hits += hit ? 1 : 0;
      }
    }
    assertThat((double) hits / asked).isGreaterThan(0.9);
  }

  @Test
  void prefixesMayBeManyAndOneMayBeEmpty() {
    put(cache, "f", "t", lasting(), ok("1"), NOW);
    for (int i = 0; i < 5_000; i++) {
      rig.invalidations.put(prefix("tool:other" + i), NOW + 1);
    }
    assertThat(get(cache, "f", "", NOW + 2)).isNotNull();
    rig.invalidations.put(prefix(""), NOW + 2);
    assertThat(get(cache, "f", "", NOW + 3)).isNull();
  }

  private static CacheInvalidation prefix(String name) {
    return CacheInvalidation.newBuilder()
        .setScope(InvalidationScope.PREFIX)
        .setTenant("t")
        .setName(name)
        .build();
  }

  @Test
  void anotherInstanceTakesUpWhatWasShared() {
    put(cache, "f", "t", lasting(), ok("1"), NOW);
    CachedOutput shared = rig.shared.get("f");
    DispatchRig other = new DispatchRig();
    OutputCache warmed =
        new OutputCache(CachePolicy.defaults(), other.journal, other, other.invalidations);

    warmed.takeUp("late", shared, NOW, NOW + 1_000);
    assertThat(other.journal.cache).isEmpty();
    warmed.takeUp("f", shared, NOW, NOW + 1);
    assertThat(get(warmed, "f", "", NOW + 1)).extracting(CachedOutput::getOutput).isEqualTo("1");
    assertThat(other.shared).as("what was taken up is not shared again").isEmpty();

    put(warmed, "f", "t", lasting(), ok("2"), NOW + 2);
    warmed.takeUp("f", shared, NOW, NOW + 3);
    warmed.takeUp("f", null, NOW, NOW + 3);
    assertThat(get(warmed, "f", "", NOW + 3)).extracting(CachedOutput::getOutput).isEqualTo("2");
    warmed.takeUp("f", null, NOW + 3, NOW + 4);
    assertThat(get(warmed, "f", "", NOW + 4)).isNull();
  }

  /** Incompressible, so that it takes as many bytes in the store as it has characters. */
  private static String noise(long seed, int length) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append((char) (' ' + random.nextInt(90)));
    }
    return text.toString();
  }

  /** Asks for what was never asked for before, and caches what is made of it. */
  private void miss(String fingerprint, Target target, long now) {
    assertThat(get(cache, fingerprint, "", now)).isNull();
    put(cache, fingerprint, "t", target, ok(noise(now, 20_000)), now);
  }

  @Test
  void whatNobodyAsksForAgainIsNotWritten() {
    cache = open(new CachePolicy(100_000, 128 << 20, 16 << 20, 128 << 20, Integer.MAX_VALUE));
    Target target = lasting();
    for (int i = 0; i < 2_000; i++) {
      miss("early" + i, target, NOW);
    }
    rig.journal.cache.clear();
    rig.shared.clear();
    for (int i = 0; i < 1_600; i++) {
      miss("late" + i, target, NOW);
    }

    assertThat(rig.journal.cache.size()).as("the sample, one in sixteen").isBetween(50, 150);
    assertThat(rig.shared.keySet()).isEqualTo(rig.journal.cache.keySet());

    assertThat(get(cache, "late1599", "", NOW)).isNotNull();
    assertThat(rig.journal.cache).as("what is asked for again").containsKey("late1599");
    assertThat(rig.shared).containsKey("late1599");
    assertThat(get(open(CachePolicy.defaults()), "late1599", "", NOW)).isNotNull();
  }

  @Test
  void whatMayStandInForAnErrorIsAlwaysWritten() {
    Target target =
        target(DispatchRig.spec("echo").setCacheTtlMs(1_000L).setStaleIfErrorMs(1_000L));
    for (int i = 0; i < 1_000; i++) {
      miss("f" + i, target, NOW);
    }
    assertThat(rig.shared).hasSize(1_000);
  }

  @Test
  void aTargetThatIsAskedAgainIsWrittenOnceMore() {
    Target target = lasting();
    for (int i = 0; i < 2_000; i++) {
      miss("early" + i, target, NOW);
    }
    // Everything twice, but so late that the heap has lost what was not written.
    for (int i = 0; i < 20_000; i++) {
      String fingerprint = "again" + i / 2_000 * 1_000 + i % 1_000;
      if (get(cache, fingerprint, "", NOW) == null) {
        put(cache, fingerprint, "t", target, ok(noise(i, 20_000)), NOW);
      }
    }
    rig.shared.clear();
    for (int i = 0; i < 100; i++) {
      miss("late" + i, target, NOW);
    }
    assertThat(rig.shared).hasSize(100);
  }

  @Property(tries = 50)
  void whatIsOnTheHeapAloneIsServedRightlyAndLeavesNoTrace(@ForAll long seed) {
    Random random = new Random(seed);
    rig.journal.cache.clear();
    CachePolicy policy = new CachePolicy(1_000, 1 << 20, 300_000, 1 << 20, Integer.MAX_VALUE);
    cache = open(policy);
    Map<String, String> last = new HashMap<>();
    for (int step = 0; step < 1_500; step++) {
      String key = "k" + random.nextInt(2_000);
      if (random.nextInt(500) == 0) {
        cache = open(policy);
      }
      CachedOutput hit = get(cache, key, "", NOW);
      if (hit == null) {
        String output = noise(step, 10_000 + random.nextInt(20_000));
        put(cache, key, "t" + random.nextInt(2), lasting(), ok(output), NOW);
        last.put(key, output);
      } else {
        assertThat(hit.getOutput()).isEqualTo(last.get(key));
      }
      assertThat(stored()).isLessThanOrEqualTo(cache.bytes());
      assertThat(cache.bytes()).isLessThanOrEqualTo(policy.bytesMax());
    }
    for (String key : last.keySet()) {
      cache.takeUp(key, null, NOW + 1, NOW + 1);
    }
    assertThat(cache.bytes()).isZero();
    assertThat(rig.journal.cache).isEmpty();
  }

  private long stored() {
    return rig.journal.cache.entrySet().stream()
        .mapToLong(e -> CachedOutputs.bytes(e.getKey(), e.getValue()))
        .sum();
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
          put(cache, key, "t" + random.nextInt(2), lasting(), ok(output), now);
          last.put(key, output);
        }
        default -> {
          CachedOutput hit = get(cache, key, "", now);
          assertThat(hit == null ? last.get(key) : hit.getOutput()).isEqualTo(last.get(key));
        }
      }
      assertThat(cache.bytes()).isEqualTo(stored()).isLessThanOrEqualTo(bytesMax);
      assertThat(rig.journal.cache.size()).isLessThanOrEqualTo(policy.entriesMax());
    }
  }
}
