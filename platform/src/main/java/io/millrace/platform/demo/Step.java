package io.millrace.platform.demo;

import io.millrace.platform.demo.report.Progress;
import java.util.List;

/** One part of the demo. */
interface Step {

  /** What is done, in a few words. */
  String title();

  /** The names of the checks that it makes. */
  List<String> checks();

  /**
   * Does it.
   *
   * @return what came out, in a few words
   * @throws DemoException if it cannot go on; the checks that it has not made have failed then
   */
  String run(Findings findings, Progress progress) throws InterruptedException;
}
