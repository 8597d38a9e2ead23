package io.millrace.benchmarks.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.state.CachedOutput;
import io.millrace.topologies.cache.logic.AdaptiveReplacement;
import io.millrace.topologies.cache.logic.Arc;
import io.millrace.topologies.cache.logic.Expert;
import io.millrace.topologies.cache.logic.Lru;
import io.millrace.topologies.cache.logic.S3Fifo;
import io.millrace.topologies.cache.logic.Slots;
import io.millrace.topologies.dispatch.logic.HeapTier;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a trace through the policy that Millrace caches with and through others, one after the
 * other; what is asked for and not there is put there.
 */
public final class CacheReplay {
  private static final int WARM_UP_ACCESSES = 1_000_000;

  /** As long as any; the tier finds answers by number. */
  private static final String FINGERPRINT = Fingerprint.ofOperation("any");

  private final Trace trace;
  private final long capacity;
  private final boolean byBytes;
  private final Consumer<String> progress;

  /**
   * @param capacity of each cache, entries or bytes
   * @param byBytes whether it is bytes
   * @param progress told what comes next
   */
  public CacheReplay(Trace trace, long capacity, boolean byBytes, Consumer<String> progress) {
    this.trace = trace;
    this.capacity = capacity;
    this.byBytes = byBytes;
    this.progress = progress;
  }

  /**
   * What came out.
   *
   * @param hitRatePct by policy, percent
   * @param costSavedPct share of the cost that hits saved, by policy; null if the trace has no
   *     costs
   * @param nsPerAccess CPU time of an access to Millrace's policy once the JVM is warm, nanoseconds
   * @param heapTierNsPerAccess the same of a look-up in the tier that dispatch has on the heap, and
   *     of putting there what is missed; of as many answers of equal size as fit on average
   */
  public record Result(
      Map<String, Double> hitRatePct,
      @Nullable Map<String, Double> costSavedPct,
      long nsPerAccess,
      long heapTierNsPerAccess) {}

  /** Runs all. */
  public Result run() {
    Map<String, Score> scores = new LinkedHashMap<>();
    scores.put("millrace", said("millrace", this::millrace));
    scores.put("caffeine", said("caffeine", this::caffeine));
    scores.put("lru", said("lru", () -> policy(Lru::new)));
    scores.put("lfu", said("lfu", () -> policy(Lfu::new)));
    scores.put("arc", said("arc", () -> policy(Arc::new)));
    scores.put("s3fifo", said("s3fifo", () -> policy(S3Fifo::new)));
    scores.put("sieve", said("sieve", () -> policy(Sieve::new)));
    scores.put("belady", said("belady", () -> Belady.run(trace, capacity, byBytes)));
    Map<String, Double> hitRates = new LinkedHashMap<>();
    Map<String, Double> saved = new LinkedHashMap<>();
    scores.forEach((name, score) -> hitRates.put(name, score.hitRatePct()));
    scores.forEach((name, score) -> saved.put(name, score.costSavedPct()));
    progress.accept("time per access");
    return new Result(
        hitRates,
        trace.costed() ? saved : null,
        nanosPerAccess(this::millrace),
        nanosPerAccess(this::heapTier));
  }

  private Score said(String name, Supplier<Score> run) {
    progress.accept(name);
    return run.get();
  }

  private Score millrace() {
    AdaptiveReplacement cache = new AdaptiveReplacement(capacity);
    Score score = new Score();
    for (int i = 0; i < trace.size(); i++) {
      score.add(cache.access(trace.key(i), weight(i), trace.cost(i), gone -> {}), trace.cost(i));
    }
    return score;
  }

  /** A short trace is run again and again before it is timed, with a new cache each time. */
  private long nanosPerAccess(Runnable run) {
    for (int warm = 0; warm < WARM_UP_ACCESSES; warm += trace.size()) {
      run.run();
    }
    var threads = ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadCpuTime();
    run.run();
    return (threads.getCurrentThreadCpuTime() - before) / trace.size();
  }

  private Score heapTier() {
    CachedOutput answer = new CachedOutput();
    answer.setOutput("1");
    HeapTier tier =
        new HeapTier(entriesOnAverage() * HeapTier.bytes(FINGERPRINT, answer), key -> {});
    Score score = new Score();
    for (int i = 0; i < trace.size(); i++) {
      boolean hit = tier.get(trace.key(i), FINGERPRINT) != null;
      if (!hit) {
        tier.put(trace.key(i), FINGERPRINT, answer);
      }
      score.add(hit, trace.cost(i));
    }
    return score;
  }

  private long entriesOnAverage() {
    double bytes = 0;
    for (int i = 0; i < trace.size(); i++) {
      bytes += weight(i);
    }
    return Math.max(1, (long) (capacity * (trace.size() / bytes)));
  }

  private Score policy(BiFunction<Slots, Long, Expert> make) {
    Slots slots = new Slots();
    Expert policy = make.apply(slots, capacity);
    Score score = new Score();
    for (int i = 0; i < trace.size(); i++) {
      if (weight(i) > capacity) {
        score.add(false, trace.cost(i));
        continue;
      }
      int slot = slots.find(trace.key(i));
      if (slot == Slots.NONE) {
        slot = slots.add(trace.key(i));
        slots.describe(slot, weight(i), trace.cost(i));
      } else {
        slots.hold(slot);
        slots.describe(slot, weight(i), trace.cost(i));
        policy.reweigh(slot);
      }
      score.add(policy.access(slot), trace.cost(i));
      slots.release(slot);
    }
    return score;
  }

  private Score caffeine() {
    // Without it Caffeine sizes its sketch of frequencies late, and does worse on short traces.
    int entries = (int) Math.min(capacity, trace.size());
    Caffeine<Object, Object> builder =
        Caffeine.newBuilder().executor(Runnable::run).initialCapacity(entries);
    Cache<Long, Integer> cache =
        byBytes
            ? builder.maximumWeight(capacity).weigher((Long key, Integer bytes) -> bytes).build()
            : builder.maximumSize(capacity).build();
    Score score = new Score();
    for (int i = 0; i < trace.size(); i++) {
      boolean hit = cache.getIfPresent(trace.key(i)) != null;
      if (!hit) {
        cache.put(trace.key(i), weight(i));
      }
      score.add(hit, trace.cost(i));
    }
    return score;
  }

  private int weight(int at) {
    return byBytes ? trace.bytes(at) : 1;
  }
}
