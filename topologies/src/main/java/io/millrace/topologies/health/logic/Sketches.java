package io.millrace.topologies.health.logic;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import com.datadoghq.sketch.ddsketch.encoding.ByteArrayInput;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Latency sketches as bytes: DDSketch's own encoding, with its mapping. */
public final class Sketches {
  private Sketches() {}

  /** Bins of a sketch: 35 decades at its accuracy; of a wider one the lowest fall together. */
  private static final int BINS_MAX = 4_096;

  /** An empty one, bounded in size whatever is merged into it. */
  public static DDSketch empty() {
    return DDSketches.collapsingLowestDense(HealthFold.ACCURACY, BINS_MAX);
  }

  /** A sketch, encoded. */
  public static ByteBuffer bytes(DDSketch sketch) {
    GrowingByteArrayOutput out = GrowingByteArrayOutput.withDefaultInitialCapacity();
    try {
      sketch.encode(out, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ByteBuffer.wrap(out.trimmedCopy());
  }

  /**
   * A sketch from its bytes.
   *
   * @param encoded empty: an empty one
   * @throws IllegalArgumentException if the bytes are no sketch of the same accuracy, or its counts
   *     are none
   */
  public static DDSketch read(ByteBuffer encoded) {
    DDSketch sketch = empty();
    if (!encoded.hasRemaining()) {
      return sketch;
    }
    byte[] bytes = new byte[encoded.remaining()];
    encoded.duplicate().get(bytes);
    try {
      sketch.decodeAndMergeWith(ByteArrayInput.wrap(bytes));
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("not a DDSketch: " + e.getMessage(), e);
    }
    double count = sketch.getCount();
    if (!sketch.isEmpty() && !(count > 0 && count <= (double) HealthFold.COUNT_MAX)) {
      throw new IllegalArgumentException(
          "a DDSketch of %s latencies; expected more than 0, at most %d"
              .formatted(count, HealthFold.COUNT_MAX));
    }
    return sketch;
  }
}
