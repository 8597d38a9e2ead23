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

  /** An empty one. */
  public static DDSketch empty() {
    return DDSketches.unboundedDense(HealthFold.ACCURACY);
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
   * Adds encoded latencies to a sketch.
   *
   * @throws IllegalArgumentException if the bytes are no sketch of the same accuracy
   */
  public static void merge(DDSketch into, ByteBuffer encoded) {
    if (!encoded.hasRemaining()) {
      return;
    }
    byte[] bytes = new byte[encoded.remaining()];
    encoded.duplicate().get(bytes);
    try {
      into.decodeAndMergeWith(ByteArrayInput.wrap(bytes));
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("not a DDSketch: " + e.getMessage(), e);
    }
  }
}
