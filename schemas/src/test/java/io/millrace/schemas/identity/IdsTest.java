package io.millrace.schemas.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class IdsTest {
  @Property
  void aV7IdCarriesItsTime(
      @ForAll @LongRange(min = 0, max = (1L << 48) - 1) long millis, @ForAll long seed) {
    String id = Ids.v7(millis, new Random(seed));
    UUID uuid = UUID.fromString(id);
    assertThat(uuid.toString()).isEqualTo(id);
    assertThat(uuid.version()).isEqualTo(7);
    assertThat(uuid.variant()).isEqualTo(2);
    assertThat(Ids.timeOf(id)).contains(Instant.ofEpochMilli(millis));
  }

  @Property
  void theFirstIdOfATimeIsBetweenThoseOfEarlierTimesAndItsOwn(
      @ForAll @LongRange(min = 1, max = (1L << 47) - 1) long millis, @ForAll long seed) {
    String first = Ids.firstAt(Instant.ofEpochMilli(millis));
    String before = Ids.v7(millis - 1, new Random(seed));
    String own = Ids.v7(millis, new Random(seed));
    assertThat(first)
        .isGreaterThan(before)
        .isGreaterThan(Ids.part(before, "call"))
        .isLessThanOrEqualTo(own)
        .isLessThan(Ids.part(own, "call"));
  }

  @Property
  void derivedIdsRepeatAndKeepPartsApart(@ForAll String a, @ForAll String b) {
    String id = Ids.derived(a, b);
    UUID uuid = UUID.fromString(id);
    assertThat(uuid.version()).isEqualTo(8);
    assertThat(uuid.variant()).isEqualTo(2);
    assertThat(Ids.derived(a, b)).isEqualTo(id);
    assertThat(Ids.derived(a + b)).isNotEqualTo(id);
    assertThat(Ids.derived(a, b, "")).isNotEqualTo(id);
  }

  @Property
  void aPartCarriesTheTimeOfTheWhole(
      @ForAll @LongRange(min = 0, max = (1L << 48) - 1) long millis, @ForAll String name) {
    String whole = Ids.v7(millis, new Random(1));
    String id = Ids.part(whole, name);
    assertThat(UUID.fromString(id).version()).isEqualTo(8);
    assertThat(UUID.fromString(id).variant()).isEqualTo(2);
    assertThat(Ids.timeOf(id)).contains(Instant.ofEpochMilli(millis));
    assertThat(Ids.part(whole, name)).isEqualTo(id);
    assertThat(Ids.part(whole, name + "x")).isNotEqualTo(id);
    assertThat(Ids.timeOf(Ids.part("no uuid", name))).isEmpty();
  }

  @Test
  void aDerivedIdHasNoTime() {
    for (int i = 0; i < 100_000; i++) {
      assertThat(Ids.timeOf(Ids.derived("no uuid", Integer.toString(i)))).isEmpty();
    }
  }

  @Property
  void textThatIsNoIdHasNoTime(@ForAll String text) {
    assertThat(Ids.timeOf(text)).isEmpty();
  }

  @Test
  void fingerprintsIgnoreTheOrderOfArguments() {
    String one = Fingerprint.ofWork("t", "tool:a", "1", "{\"a\":1.0,\"b\":[1, 2]}");
    assertThat(Fingerprint.ofWork("t", "tool:a", "1", "{ \"b\":[1,2], \"a\":1 }")).isEqualTo(one);
    assertThat(Fingerprint.ofWork("u", "tool:a", "1", "{\"a\":1.0,\"b\":[1, 2]}"))
        .isNotEqualTo(one);
    assertThat(one).hasSize(43).matches("[A-Za-z0-9_-]+");
  }

  @Property
  void canonicalJsonRefusesWithOneException(@ForAll String text) {
    try {
      assertThat(CanonicalJson.of(CanonicalJson.of(text))).isEqualTo(CanonicalJson.of(text));
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageContaining("RFC 8785");
    }
  }

  @Test
  void deepNestingIsRefusedNotOverflown() {
    assertThatThrownBy(() -> CanonicalJson.of("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
