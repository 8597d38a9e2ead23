package io.millrace.topologies.dispatch.logic;

import io.millrace.state.CachedOutput;
import io.millrace.topologies.cache.logic.AdaptiveReplacement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Cached answers that are ready to be served: decoded, uncompressed, bounded in bytes.
 *
 * <p>Not safe for use by several threads.
 */
public final class HeapTier {
  /** What an entry takes on the heap besides its text: objects, and what the policy remembers. */
  private static final int OVERHEAD_BYTES = 512;

  private final AdaptiveReplacement kept;
  private final LongConsumer gone;
  private final Map<Long, CachedOutput> answers = new HashMap<>();

  /**
   * Holds nothing yet.
   *
   * @param bytesMax most bytes that it holds
   * @param gone hears of each key for which there was no room any more
   */
  public HeapTier(long bytesMax, LongConsumer gone) {
    this.kept = new AdaptiveReplacement(bytesMax);
    this.gone = gone;
  }

  /** Bytes that an answer takes here. */
  public static int bytes(String fingerprint, CachedOutput answer) {
    return OVERHEAD_BYTES + CachedOutputs.bytes(fingerprint, answer);
  }

  /** The answer under a key, or null. */
  public @Nullable CachedOutput get(long key, String fingerprint) {
    CachedOutput answer = answers.get(key);
    if (answer != null) {
      use(key, fingerprint, answer);
    }
    return answer;
  }

  /**
   * Holds an answer, if the policy has room for it.
   *
   * @return whether it does
   */
  public boolean put(long key, String fingerprint, CachedOutput answer) {
    answers.put(key, answer);
    use(key, fingerprint, answer);
    boolean held = kept.holds(key);
    if (!held) {
      answers.remove(key);
    }
    return held;
  }

  /** What a miss costs is a read, which grows with the bytes. */
  private void use(long key, String fingerprint, CachedOutput answer) {
    int bytes = bytes(fingerprint, answer);
    List<Long> evicted = new ArrayList<>(1);
    kept.access(key, bytes, bytes - OVERHEAD_BYTES + 1, evicted::add);
    // Once the policy is done: who hears of it may have others removed.
    for (long each : evicted) {
      answers.remove(each);
      gone.accept(each);
    }
  }

  void remove(long key) {
    kept.remove(key);
    answers.remove(key);
  }
}
