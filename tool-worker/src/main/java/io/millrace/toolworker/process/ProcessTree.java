package io.millrace.toolworker.process;

import java.util.List;

/** Kills a program with all that it started. */
final class ProcessTree {

  /** A tree may grow while it is cut; after this many rounds it is left alone. */
  private static final int ROUNDS = 5;

  private ProcessTree() {}

  /** Kills it at once; returns before the processes are gone. */
  static void kill(ProcessHandle root) {
    for (int round = 0; round < ROUNDS; round++) {
      // Before the root dies: its children lose their parent then.
      List<ProcessHandle> descendants = root.descendants().toList();
      if (round > 0 && descendants.isEmpty()) {
        return;
      }
      if (round == 0) {
        root.destroyForcibly();
      }
      // The children of what is killed here were listed above, since the list is of all levels.
      descendants.forEach(ProcessHandle::destroyForcibly);
    }
  }
}
