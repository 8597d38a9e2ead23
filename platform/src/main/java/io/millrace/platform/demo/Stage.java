package io.millrace.platform.demo;

import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.embedded.Endpoints;
import java.nio.file.Path;

/**
 * What an area's steps are prepared with.
 *
 * @param endpoints of the platform
 * @param run directory for the files of this run
 * @param resources keeps what must end with the demo
 */
record Stage(
    Endpoints endpoints,
    Path run,
    DemoOptions options,
    Progress progress,
    Resources resources,
    Findings findings) {

  /** Names this run. */
  String id() {
    return String.valueOf(run.getFileName());
  }
}
