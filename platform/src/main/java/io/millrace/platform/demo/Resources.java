package io.millrace.platform.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was started and must end, in the reverse order, also when the process is told to stop: then
 * the thread that made this is interrupted and waited for.
 */
final class Resources implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Resources.class);
  private static final long STOP_SECONDS = 20;

  private final Deque<AutoCloseable> kept = new ArrayDeque<>();
  private final Thread owner = Thread.currentThread();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "demo-stop");
  private volatile boolean stopping;

  Resources() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Keeps something until the end. */
  <T extends AutoCloseable> T keep(T resource) {
    kept.push(resource);
    return resource;
  }

  /** Whether the process was told to stop. */
  boolean stopping() {
    return stopping;
  }

  private void stop() {
    stopping = true;
    owner.interrupt();
    try {
      if (!closed.await(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("Stopping took longer than {} s", STOP_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // No process may be left behind, even if closing hangs.
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
  }

  @Override
  public void close() {
    // Closing must not be cut short by the interruption that led to it.
    boolean interrupted = Thread.interrupted();
    while (!kept.isEmpty()) {
      try {
        kept.pop().close();
      } catch (Exception e) {
        LOG.warn("Something of the demo did not end in order", e);
      }
    }
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException stoppingAlready) {
      LOG.debug("The process stops", stoppingAlready);
    }
    if (interrupted) {
      owner.interrupt();
    }
  }

  /** Removes a directory with all that is in it; links are removed, not followed. */
  static void delete(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot remove " + directory + ", which may be removed by hand", e);
    }
  }
}
