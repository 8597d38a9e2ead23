package io.millrace.topologies.dispatch.logic;

/**
 * Bounds of the cache of one dispatch task.
 *
 * @param entriesMax most answers kept; the room in bytes is shared out so that more never fit
 * @param bytesMax most bytes kept in the store, as they are stored
 * @param heapBytesMax most bytes of those kept ready on the heap, a character counted as one and an
 *     entry as 512 more
 * @param tenantBytesMax most bytes kept in the store for one tenant
 * @param compressBytesMin from how many bytes on an output is stored compressed
 */
public record CachePolicy(
    int entriesMax, long bytesMax, long heapBytesMax, long tenantBytesMax, int compressBytesMin) {

  /** The bounds that hold unless configured otherwise. */
  public static CachePolicy defaults() {
    return new CachePolicy(100_000, 128L << 20, 16L << 20, 128L << 20, 4 << 10);
  }

  /** What an entry of so many bytes takes of the room in the store. */
  int weight(int bytes) {
    long share = entriesMax == 0 ? bytesMax + 1 : (bytesMax + entriesMax - 1) / entriesMax;
    return (int) Math.min(Integer.MAX_VALUE, Math.max(1, Math.max(bytes, share)));
  }
}
