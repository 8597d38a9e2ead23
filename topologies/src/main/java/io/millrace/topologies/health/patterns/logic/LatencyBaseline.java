package io.millrace.topologies.health.patterns.logic;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.store.Bin;
import io.millrace.topologies.health.logic.Sketches;
import io.millrace.topologies.memory.logic.Memory;
import java.nio.ByteBuffer;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Run times of a target in health: of the last ten to twenty minutes that had enough of them. */
final class LatencyBaseline {
  private static final long TURN_MILLIS = 600_000;
  private static final int ENOUGH = 50;

  private DDSketch filling = Sketches.empty();
  private @Nullable DDSketch known;
  private long fillingFrom = Long.MIN_VALUE;

  /** Adds a step in which all was well. */
  void add(Step step) {
    if (fillingFrom == Long.MIN_VALUE) {
      fillingFrom = step.fromMillis;
    }
    filling.mergeWith(step.runs);
    if (filling.getCount() >= ENOUGH
        && (known == null || step.untilMillis() - fillingFrom >= TURN_MILLIS)) {
      known = filling;
      filling = Sketches.empty();
      fillingFrom = step.untilMillis();
    }
  }

  /** The clock was set back: what is remembered moves with it. */
  void setBack(long millis) {
    fillingFrom -= fillingFrom == Long.MIN_VALUE ? 0 : millis;
  }

  void remember(Memory memory) {
    filling = remember(memory, filling);
    known = memory.flag(known != null) ? remember(memory, known) : null;
    fillingFrom = memory.count(fillingFrom);
  }

  private static DDSketch remember(Memory memory, @Nullable DDSketch sketch) {
    ByteBuffer encoded = Sketches.bytes(sketch == null ? Sketches.empty() : sketch);
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    return Sketches.read(ByteBuffer.wrap(memory.bytes(bytes)));
  }

  /** Run time at a quantile, milliseconds; NaN while too little is known. */
  double quantile(double q) {
    return known == null ? Double.NaN : known.getValueAtQuantile(q);
  }

  /** How many of the run times are longer, in milliseconds. */
  static double over(DDSketch runs, double millis) {
    double count = 0;
    Iterator<Bin> slowestFirst = runs.getPositiveValueStore().getDescendingIterator();
    while (slowestFirst.hasNext()) {
      Bin bin = slowestFirst.next();
      if (runs.getIndexMapping().value(bin.getIndex()) <= millis) {
        break;
      }
      count += bin.getCount();
    }
    return count;
  }
}
