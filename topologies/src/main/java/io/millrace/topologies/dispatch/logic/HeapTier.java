package io.millrace.topologies.dispatch.logic;

import io.millrace.state.CachedOutput;
import io.millrace.topologies.cache.logic.AdaptiveReplacement;
import java.util.HashMap;
import java.util.Map;
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
  private final Map<Long, CachedOutput> answers = new HashMap<>();

  /**
   * Holds nothing yet.
   *
   * @param bytesMax most bytes that it holds
   */
  public HeapTier(long bytesMax) {
    kept = new AdaptiveReplacement(bytesMax);
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

  /** Holds an answer, unless it is larger than all the room. */
  public void put(long key, String fingerprint, CachedOutput answer) {
    answers.put(key, answer);
    use(key, fingerprint, answer);
    if (!kept.holds(key)) {
      answers.remove(key);
    }
  }

  /** What a miss costs is a read, which grows with the bytes. */
  private void use(long key, String fingerprint, CachedOutput answer) {
    int bytes = bytes(fingerprint, answer);
    kept.access(key, bytes, bytes - OVERHEAD_BYTES + 1, answers::remove);
  }

  void remove(long key) {
    kept.remove(key);
    answers.remove(key);
  }
}
