package io.millrace.platform.demo;

import io.millrace.toolworker.ToolWorkerMain;
import java.io.IOException;

/**
 * Runs {@link ToolWorkerMain} until standard input ends, so that it never outlives the demo that
 * started it, not even one that was killed.
 */
public final class WorkerProcessMain {

  private WorkerProcessMain() {}

  /** Takes the options of {@link ToolWorkerMain}. */
  public static void main(String[] args) throws InterruptedException {
    Thread watch = new Thread(WorkerProcessMain::haltAtEndOfInput, "demo-watch");
    watch.setDaemon(true);
    watch.start();
    ToolWorkerMain.main(args);
  }

  private static void haltAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Only its end means something.
      }
    } catch (IOException e) {
      // A broken pipe is an end too.
      System.err.println("standard input broke: " + e.getMessage());
    }
    Runtime.getRuntime().halt(0);
  }
}
