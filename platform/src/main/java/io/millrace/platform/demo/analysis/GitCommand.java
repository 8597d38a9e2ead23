package io.millrace.platform.demo.analysis;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs one git command in a folder, without a shell, bounded in time and output.
 *
 * <p>The tree may come from anywhere, so settings of its own that would start programs (file
 * watchers, external diffs, signature checks, pagers, hooks) are switched off.
 */
final class GitCommand {

  private static final int MAX_OUTPUT_BYTES = 32 << 20;
  private static final List<String> GIT =
      List.of(
          "git",
          "--no-pager",
          "--no-optional-locks",
          "-c",
          "core.fsmonitor=false",
          "-c",
          "core.hooksPath=/dev/null",
          "-c",
          "core.quotePath=false",
          "-c",
          "log.showSignature=false");

  /**
   * What a command did.
   *
   * @param exitCode its status, -1 if it was stopped
   * @param output its standard output, or both outputs where they were asked for together
   * @param timedOut whether it was stopped because it took too long
   * @param truncated whether it was stopped because it wrote too much
   */
  record Output(int exitCode, String output, boolean timedOut, boolean truncated) {}

  private final Path directory;
  private final Duration timeout;
  private final Map<String, String> environment;

  GitCommand(Path directory, Duration timeout, Map<String, String> environment) {
    this.directory = directory;
    this.timeout = timeout;
    this.environment = environment;
  }

  /**
   * Runs git with {@code arguments}.
   *
   * @param withErrors whether the standard error belongs to the output; else it is dropped
   * @throws IOException if git cannot be started or the caller was interrupted
   */
  Output run(boolean withErrors, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(GIT);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
    builder.environment().put("GIT_TERMINAL_PROMPT", "0");
    builder.environment().put("GIT_NO_LAZY_FETCH", "1");
    builder.environment().put("LC_ALL", "C");
    builder.environment().putAll(environment);
    builder.redirectErrorStream(withErrors);
    if (!withErrors) {
      builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    }
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      CompletableFuture<byte[]> output =
          CompletableFuture.supplyAsync(() -> read(process), task -> start(task));
      // The output first: stopping a process closes its pipe with what is still in it.
      long deadline = System.nanoTime() + timeout.toNanos();
      boolean ended = awaitOutput(output);
      ended &= process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      stop(process);
      byte[] bytes = output.join();
      boolean truncated = bytes.length > MAX_OUTPUT_BYTES;
      String text =
          new String(bytes, 0, Math.min(bytes.length, MAX_OUTPUT_BYTES), StandardCharsets.UTF_8);
      return new Output(ended && !truncated ? process.exitValue() : -1, text, !ended, truncated);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while git was running in " + directory, e);
    } finally {
      stop(process);
    }
  }

  private boolean awaitOutput(CompletableFuture<byte[]> output) throws InterruptedException {
    try {
      output.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException tooLong) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("reading the output of git failed", e.getCause());
    }
  }

  private static byte[] read(Process process) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = process.getInputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, Math.min(n, MAX_OUTPUT_BYTES + 1 - out.size()));
        if (out.size() > MAX_OUTPUT_BYTES) {
          stop(process);
          break;
        }
      }
    } catch (IOException stopped) {
      // The pipe breaks when the command is stopped; what came until then is the output.
      return out.toByteArray();
    }
    return out.toByteArray();
  }

  private static void stop(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "git-output");
    thread.setDaemon(true);
    thread.start();
  }
}
