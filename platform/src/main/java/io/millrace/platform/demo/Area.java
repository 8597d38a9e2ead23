package io.millrace.platform.demo;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.platform.embedded.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the demo shows of one area: which parts of the platform it needs, and its steps. */
interface Area {

  /** By which it is chosen. */
  String name();

  /**
   * The parts of the platform that only it needs.
   *
   * @param run directory for the files of this run
   */
  List<Part> parts(MeterRegistry meters, Path run);

  /** Prepares its steps, in their order; the platform is ready. */
  List<Step> steps(Stage stage) throws InterruptedException, IOException;
}
