package io.millrace.topologies.health.patterns.logic;

import com.datadoghq.sketch.ddsketch.DDSketch;
import io.millrace.events.FailurePattern;
import io.millrace.topologies.health.logic.Sketches;
import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a target gets slower bit by bit, by the {@link Trend} of its median run time.
 *
 * <p>Medians are of blocks of at least a minute and twenty attempts, at most five minutes; the last
 * hundred blocks are kept. Each new block is the end of windows of several lengths; one with a
 * significant trend, a rise of a quarter and a shape that is no step is enough.
 */
final class TrendDetector {
  private static final long BLOCK_MIN_MILLIS = 60_000;
  private static final long BLOCK_MAX_MILLIS = 300_000;
  private static final int ATTEMPTS_ENOUGH = 20;
  private static final int ATTEMPTS_MIN = 5;
  private static final int BLOCKS_MAX = 100;
  private static final int[] WINDOWS = {15, 20, 30, 45, 60};
  private static final double Z_MIN = 4.5;
  private static final double RISE_MIN = Math.log(1.25);
  private static final double LINE_NATS = 2;
  private static final int SETTLED_BLOCKS = 20;

  private record Block(double minute, double logMedian) {
    static final Block NONE = new Block(0, 0);
  }

  private final List<Block> blocks = new ArrayList<>();
  private DDSketch filling = Sketches.empty();
  private long fillingFrom = Long.MIN_VALUE;
  private @Nullable Finding finding;
  private double healthy;
  private int settled;
  private boolean ended;

  /** Takes the next step of a target that has no other trouble. */
  void step(Step step) {
    if (fillingFrom == Long.MIN_VALUE) {
      fillingFrom = step.fromMillis;
    }
    filling.mergeWith(step.runs);
    long length = step.untilMillis() - fillingFrom;
    if (length >= BLOCK_MAX_MILLIS
        || (length >= BLOCK_MIN_MILLIS && filling.getCount() >= ATTEMPTS_ENOUGH)) {
      if (filling.getCount() >= ATTEMPTS_MIN) {
        double median = Math.max(1e-3, filling.getValueAtQuantile(0.5));
        add(new Block((fillingFrom + length / 2) / 60_000.0, Math.log(median)));
      }
      filling = Sketches.empty();
      fillingFrom = step.untilMillis();
    }
  }

  /** Leaves out a step that other trouble shapes. */
  void skip(Step step) {
    filling = Sketches.empty();
    fillingFrom = step.untilMillis();
  }

  private void add(Block block) {
    blocks.add(block);
    if (blocks.size() > BLOCKS_MAX) {
      blocks.remove(0);
    }
    if (finding == null) {
      search();
    } else {
      settle(block);
    }
  }

  private void search() {
    for (int length : WINDOWS) {
      if (length > blocks.size()) {
        return;
      }
      List<Block> window = blocks.subList(blocks.size() - length, blocks.size());
      double[] minutes = window.stream().mapToDouble(Block::minute).toArray();
      double[] medians = window.stream().mapToDouble(Block::logMedian).toArray();
      Trend trend = Trend.of(minutes, medians);
      double span = minutes[length - 1] - minutes[0];
      if (trend != null
          && trend.z() >= Z_MIN
          && trend.slope() * span >= RISE_MIN
          && trend.nats() >= LINE_NATS) {
        found(trend, span);
        return;
      }
    }
  }

  private void found(Trend trend, double span) {
    int bend = bend();
    Block from = blocks.get(bend);
    healthy =
        blocks.subList(Math.max(0, bend - 5), bend + 1).stream()
            .mapToDouble(Block::logMedian)
            .average()
            .orElse(from.logMedian);
    settled = 0;
    finding =
        new Finding(
            FailurePattern.SLOW_DEGRADATION,
            (long) (from.minute * 60_000),
            Math.min(40, trend.z() * trend.z() / 2),
            "the median run time rises by %.1f %% a minute, for %.0f minutes"
                .formatted(100 * Math.expm1(trend.slope()), span),
            Map.of(
                "mann_kendall_z", String.format(Locale.ROOT, "%.2f", trend.z()),
                "slope_per_minute", String.format(Locale.ROOT, "%.5f", trend.slope()),
                "healthy_ms", String.format(Locale.ROOT, "%.1f", Math.exp(healthy))));
  }

  /** The block from which a level, then a line, fits best (least squares). */
  private int bend() {
    int best = 0;
    double least = Double.MAX_VALUE;
    for (int bend = 0; bend < blocks.size() - 5; bend++) {
      double residual = residual(bend);
      if (residual < least) {
        least = residual;
        best = bend;
      }
    }
    return best;
  }

  private double residual(int bend) {
    double from = blocks.get(bend).minute;
    int n = blocks.size();
    double t = 0;
    double v = 0;
    double tt = 0;
    double tv = 0;
    double vv = 0;
    for (Block block : blocks) {
      double x = Math.max(0, block.minute - from);
      t += x;
      v += block.logMedian;
      tt += x * x;
      tv += x * block.logMedian;
      vv += block.logMedian * block.logMedian;
    }
    double sxx = tt - t * t / n;
    double sxy = tv - t * v / n;
    return vv - v * v / n - sxy * sxy / sxx;
  }

  /** It is over when it is about as quick as before, or has a new level for a while. */
  private void settle(Block block) {
    boolean back = block.logMedian < healthy + RISE_MIN / 2;
    int n = blocks.size();
    boolean level = false;
    if (n >= SETTLED_BLOCKS) {
      List<Block> last = blocks.subList(n - SETTLED_BLOCKS, n);
      Trend trend =
          Trend.of(
              last.stream().mapToDouble(Block::minute).toArray(),
              last.stream().mapToDouble(Block::logMedian).toArray());
      level = trend != null && trend.z() < 1;
    }
    settled = back || level ? settled + 1 : 0;
    if (settled >= 3) {
      finding = null;
      ended = true;
      blocks.clear();
    }
  }

  /** The clock was set back: what is remembered moves with it. */
  void setBack(long millis) {
    blocks.replaceAll(b -> new Block(b.minute - millis / 60_000.0, b.logMedian));
    fillingFrom -= fillingFrom == Long.MIN_VALUE ? 0 : millis;
  }

  /** All but the block that is filling, which is begun anew. */
  void remember(Memory memory) {
    List<Block> passed =
        memory.list(
            List.copyOf(blocks),
            2 * Double.BYTES,
            Block.NONE,
            b -> new Block(memory.number(b.minute), memory.number(b.logMedian)));
    blocks.clear();
    blocks.addAll(passed);
    finding = memory.flag(finding != null) ? Finding.remember(memory, finding) : null;
    healthy = memory.number(healthy);
    settled = (int) memory.count(settled);
    ended = memory.flag(ended);
  }

  /** Whether enough is known to say that none is under way. */
  boolean over() {
    return finding == null && (ended || blocks.size() >= WINDOWS[0]);
  }

  /** The degradation under way, or null. */
  @Nullable Finding finding() {
    return finding;
  }
}
