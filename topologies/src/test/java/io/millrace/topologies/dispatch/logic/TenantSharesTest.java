package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TenantSharesTest {
  private static final int QUOTA = 1_000;

  private final TenantShares shares = new TenantShares(QUOTA);
  private final Map<String, CacheEntry> held = new HashMap<>();
  private int hits;

  private static CacheEntry entry(String tenant, String name, int bytes) {
    return new CacheEntry(
        new Origin(tenant + "/" + name, tenant, "tool:t", "1", 0, 0, ""), bytes, 0, 1, 1, 1);
  }

  /** Uses an entry as the cache does: what is surplus is removed. */
  private void ask(CacheEntry entry) {
    hits += held.containsKey(entry.fingerprint()) ? 1 : 0;
    held.put(entry.fingerprint(), entry);
    shares.use(entry);
    CacheEntry surplus = shares.surplus(entry.tenant());
    while (surplus != null) {
      assertThat(surplus.tenant()).isEqualTo(entry.tenant());
      held.remove(surplus.fingerprint());
      shares.remove(surplus);
      surplus = shares.surplus(entry.tenant());
    }
  }

  private int bytes(String tenant) {
    return held.values().stream()
        .filter(entry -> entry.tenant().equals(tenant))
        .mapToInt(CacheEntry::bytes)
        .sum();
  }

  @Property
  void noTenantHasMoreThanItMayAndNobodyElsePaysForIt(
      @ForAll List<@IntRange(min = 1, max = 40) Integer> names,
      @ForAll @IntRange(min = 10, max = 400) int bytes) {
    held.clear();
    for (Integer name : names) {
      int others = bytes(name % 2 == 0 ? "b" : "a");
      ask(entry(name % 2 == 0 ? "a" : "b", "n" + name, bytes + name));

      assertThat(bytes(name % 2 == 0 ? "b" : "a")).isEqualTo(others);
      assertThat(bytes("a")).isLessThanOrEqualTo(QUOTA);
      assertThat(bytes("b")).isLessThanOrEqualTo(QUOTA);
    }
    held.values().forEach(shares::remove);
  }

  @Test
  void aLoopThatDoesNotFitStillHits() {
    for (int round = 0; round < 100; round++) {
      for (int i = 0; i < 15; i++) {
        ask(entry("a", "n" + i, 100));
      }
    }

    // The least recently used of a loop is the one that is asked for next: plain LRU never hits.
    assertThat(hits).isGreaterThan(500);
  }

  @Test
  void whatIsLargerThanTheQuotaGoesItself() {
    ask(entry("a", "small", 100));
    ask(entry("a", "large", QUOTA + 1));

    assertThat(held).containsOnlyKeys("a/small");
  }
}
