package io.millrace.benchmarks.metastable;

import io.millrace.benchmarks.metastable.MetastableReport.ShapeRow;
import io.millrace.benchmarks.metastable.MetastableReport.WithoutRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Runs every shape with all controls, with none, and with each one off alone. */
public final class MetastableDrill {
  private final Consumer<String> progress;

  /**
   * @param progress gets a line at each step
   */
  public MetastableDrill(Consumer<String> progress) {
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @param seed decides every random choice
   */
  public MetastableReport run(long seed) {
    List<ShapeRow> rows = new ArrayList<>();
    for (Shape shape : Shape.values()) {
      String name = shape.name().toLowerCase(Locale.ROOT);
      Tally all = run(shape, "all controls", Switches.allOn(), seed);
      Tally naive = run(shape, "no control", Switches.naive(), seed);
      List<WithoutRow> without = new ArrayList<>();
      Switches.withoutOne()
          .forEach(
              (control, switches) -> {
                Tally tally = run(shape, "without " + control, switches, seed);
                without.add(
                    new WithoutRow(
                        control,
                        tally.recovered(),
                        tally.recoveredAfterSeconds(),
                        tally.amplification()));
              });
      rows.add(
          new ShapeRow(
              name,
              all.recovered(),
              all.recoveredAfterSeconds(),
              naive.best(),
              all.amplification(),
              naive.amplification(),
              without));
    }
    return new MetastableReport(seed, rows);
  }

  private Tally run(Shape shape, String controls, Switches switches, long seed) {
    Tally tally = new VirtualSystem(shape, switches, seed).run();
    progress.accept(
        "%s, %s: goodput %.3f of %.3f before (best %.3f), well after %d s, %.2f attempts per operation"
            .formatted(
                shape.name().toLowerCase(Locale.ROOT),
                controls,
                tally.recovered(),
                tally.before(),
                tally.best(),
                tally.recoveredAfterSeconds(),
                tally.amplification()));
    return tally;
  }
}
