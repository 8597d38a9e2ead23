package io.millrace.inference.runtime;

import io.millrace.inference.ModelException;

/**
 * Keeps the native memory of all loaded models within a bound.
 *
 * <p>A model's share is estimated from its file before it is loaded: ONNX Runtime holds the weights
 * as they are and rearranged for its kernels, so the file counts twice, and a fixed part for the
 * session and the first runs comes on top.
 */
public final class MemoryBudget {

  private static final long FIXED_BYTES = 16L << 20;
  private static final int COPIES = 2;

  private final long limit;
  private long taken;

  /**
   * Nothing taken.
   *
   * @param limit most bytes that all models may take together
   */
  public MemoryBudget(long limit) {
    this.limit = limit;
  }

  /** What a model whose file has so many bytes is estimated to take. */
  static long estimate(long fileBytes) {
    return fileBytes * COPIES + FIXED_BYTES;
  }

  /**
   * Takes a model's share.
   *
   * @param model name of the model version, for messages
   * @return what was taken; give it back when the model is unloaded
   * @throws ModelException MEMORY_BUDGET_EXCEEDED if it is not there
   */
  public synchronized long take(String model, long fileBytes) {
    long wanted = estimate(fileBytes);
    if (wanted > limit - taken) {
      throw new ModelException(
          "MEMORY_BUDGET_EXCEEDED",
          "%s is estimated to take %d MiB, but %d of the %d MiB for models are taken; raise memory.bytes, or unload another model"
              .formatted(model, wanted >> 20, taken >> 20, limit >> 20),
          true);
    }
    taken += wanted;
    return wanted;
  }

  /**
   * Takes another share for a model that can do without it, as long as three quarters of the memory
   * stay there for other models.
   *
   * @return what was taken; 0: nothing
   */
  public synchronized long takeSpare(long fileBytes) {
    long wanted = estimate(fileBytes);
    if (wanted > limit / 4 - taken) {
      return 0;
    }
    taken += wanted;
    return wanted;
  }

  /** Gives a share back. */
  public synchronized void give(long share) {
    taken -= share;
  }

  /** Bytes taken. */
  public synchronized long taken() {
    return taken;
  }
}
