package io.millrace.toolworker.process;

import io.millrace.schemas.identity.Ids;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Kills a program with all that it started.
 *
 * <p>What a program starts and then lets go of, as a daemon does, is a child of its no more. Where
 * the system shows the environments of processes, as Linux does, it is found by a variable that it
 * has inherited; so Jenkins finds what its builds leave behind (ProcessTreeKiller).
 */
final class ProcessTree {

  /** Name of the variable. */
  static final String MARK = "MILLRACE_RUN";

  /** A tree may grow while it is cut; after this many rounds it is left alone. */
  private static final int ROUNDS = 5;

  private static final Path PROCESSES = Path.of("/proc");
  private static final int ENVIRONMENT_BYTES_MAX = 1 << 20;

  private final ProcessHandle root;
  private final String mark;

  /**
   * @param mark value that the program's variable {@link #MARK} has
   */
  ProcessTree(ProcessHandle root, String mark) {
    this.root = root;
    this.mark = mark;
  }

  /** A value for {@link #MARK} that no other run has. */
  static String newMark() {
    return Ids.v7(System.currentTimeMillis(), ThreadLocalRandom.current());
  }

  /** Kills what is in the tree at once; returns before the processes are gone. */
  void kill() {
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

  /** Kills also what has left the tree, which takes a look at every process of the machine. */
  void killAll() {
    kill();
    String wanted = MARK + "=" + mark;
    for (int round = 0; round < ROUNDS; round++) {
      List<ProcessHandle> strays =
          ProcessHandle.allProcesses()
              .filter(process -> process.pid() != root.pid() && inherited(process, wanted))
              .toList();
      if (strays.isEmpty()) {
        return;
      }
      strays.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private static boolean inherited(ProcessHandle process, String wanted) {
    Path file = PROCESSES.resolve(Long.toString(process.pid())).resolve("environ");
    try (InputStream in = Files.newInputStream(file)) {
      String text = new String(in.readNBytes(ENVIRONMENT_BYTES_MAX), StandardCharsets.ISO_8859_1);
      return ("\0" + text).contains("\0" + wanted + "\0");
    } catch (IOException e) {
      // It has ended, belongs to somebody else, or this is no Linux.
      return false;
    }
  }
}
