package io.millrace.topologies.dispatch.logic;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Which fingerprints are cached, how large each is and which was used longest ago, so that the
 * cache keeps to its bounds in entries and bytes. Source: least recently used replacement.
 */
final class CacheIndex {
  private final LinkedHashMap<String, Integer> sizes = new LinkedHashMap<>(16, 0.75f, true);
  private final int entriesMax;
  private final long bytesMax;
  private long bytes;

  CacheIndex(int entriesMax, long bytesMax) {
    this.entriesMax = entriesMax;
    this.bytesMax = bytesMax;
  }

  /** Marks as just used; says whether it is there. */
  boolean touch(String fingerprint) {
    return sizes.get(fingerprint) != null;
  }

  /**
   * Adds or replaces an entry.
   *
   * @param evicted gets each fingerprint that has to go; the new one itself where it is larger than
   *     the whole cache
   */
  void put(String fingerprint, int size, Consumer<String> evicted) {
    remove(fingerprint);
    sizes.put(fingerprint, size);
    bytes += size;
    Iterator<Map.Entry<String, Integer>> eldest = sizes.entrySet().iterator();
    while ((bytes > bytesMax || sizes.size() > entriesMax) && eldest.hasNext()) {
      Map.Entry<String, Integer> entry = eldest.next();
      bytes -= entry.getValue();
      eldest.remove();
      evicted.accept(entry.getKey());
    }
  }

  void remove(String fingerprint) {
    Integer size = sizes.remove(fingerprint);
    if (size != null) {
      bytes -= size;
    }
  }

  int entries() {
    return sizes.size();
  }

  long bytes() {
    return bytes;
  }
}
