package io.millrace.inference.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;

/**
 * ONNX Runtime's environment, of which a process has one; made, and the native libraries loaded,
 * when the first model is.
 *
 * <p>It is made on a thread of its own with a deep stack: ONNX Runtime 1.29 searches the command
 * line of the process with a recursive pattern while it starts, and on a stack of ordinary depth a
 * class path of some kilobytes ends the process.
 */
public final class Environment {

  private static final long STACK_BYTES = 256L << 20;

  private Environment() {}

  /** The one of this process. */
  public static OrtEnvironment get() {
    return Holder.ENVIRONMENT;
  }

  /** Made at the first use. */
  private static final class Holder {
    static final OrtEnvironment ENVIRONMENT = make();
  }

  private static OrtEnvironment make() {
    // Nothing of the holder may be used on the thread: the holder waits for it.
    OrtEnvironment[] made = new OrtEnvironment[1];
    Throwable[] failure = new Throwable[1];
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                made[0] =
                    OrtEnvironment.getEnvironment(
                        OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "millrace");
              } catch (Throwable e) { // a library that cannot be loaded is an Error
                failure[0] = e;
              }
            },
            "onnxruntime-start",
            STACK_BYTES);
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (made[0] == null) {
      throw new IllegalStateException("ONNX Runtime did not start: " + failure[0], failure[0]);
    }
    return made[0];
  }
}
