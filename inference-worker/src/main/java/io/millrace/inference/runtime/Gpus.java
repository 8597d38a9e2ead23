package io.millrace.inference.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the GPUs of this machine are used for, as {@code nvidia-smi} says every few seconds.
 *
 * <p>Where that program is missing there is nothing to say, and it is not looked for again; where
 * it does not end in time, or says something else, what it said before is dropped.
 */
public final class Gpus implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Gpus.class);
  private static final Duration EVERY = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofSeconds(3);
  private static final int OUTPUT_BYTES_MAX = 64 << 10;
  private static final int FIELDS = 4;
  private static final double MIB = 1 << 20;
  private static final double PERCENT = 100;

  /** Asks for what {@link #parse} reads. */
  private static final List<String> COMMAND =
      List.of(
          "nvidia-smi",
          "--query-gpu=index,utilization.gpu,memory.used,memory.total",
          "--format=csv,noheader,nounits");

  private final List<String> command;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread watching = new Thread(work, "gpu-watch");
            watching.setDaemon(true);
            return watching;
          });
  private volatile Map<String, Double> latest = Map.of();

  /** Begins to ask. */
  public Gpus() {
    this(COMMAND);
  }

  /** Asks another program, which says the same. */
  Gpus(List<String> command) {
    this.command = command;
    thread.scheduleWithFixedDelay(this::ask, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * What was said last: {@code gpu0_share} of its time that it was busy, {@code
   * gpu0_memory_used_bytes}, {@code gpu0_memory_bytes}, and so for each; empty where there is none.
   */
  public Map<String, Double> metrics() {
    return latest;
  }

  private void ask() {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      LOG.debug("No GPU is watched: {}", e.getMessage());
      latest = Map.of();
      thread.shutdown();
      return;
    }
    try (InputStream output = process.getInputStream()) {
      // A program that hangs is ended, which ends its output too.
      process
          .onExit()
          .orTimeout(LONGEST.toMillis(), TimeUnit.MILLISECONDS)
          .exceptionally(
              late -> {
                process.destroyForcibly();
                return process;
              });
      byte[] said = output.readNBytes(OUTPUT_BYTES_MAX);
      latest = process.waitFor() == 0 ? parse(new String(said, StandardCharsets.UTF_8)) : Map.of();
    } catch (IOException e) {
      latest = Map.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Reads a line per GPU: its number, percent of its time busy, MiB used, MiB in all; what is not a
   * number is left out.
   */
  static Map<String, Double> parse(String text) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (String line : text.split("\\R")) {
      String[] fields = line.trim().split("\\s*,\\s*");
      if (fields.length == FIELDS && fields[0].matches("[0-9]{1,4}")) {
        String gpu = "gpu" + fields[0];
        number(fields[1]).ifPresent(it -> metrics.put(gpu + "_share", it / PERCENT));
        number(fields[2]).ifPresent(it -> metrics.put(gpu + "_memory_used_bytes", it * MIB));
        number(fields[3]).ifPresent(it -> metrics.put(gpu + "_memory_bytes", it * MIB));
      }
    }
    return Map.copyOf(metrics);
  }

  private static OptionalDouble number(String text) {
    return text.matches("[0-9]{1,12}(\\.[0-9]+)?")
        ? OptionalDouble.of(Double.parseDouble(text))
        : OptionalDouble.empty();
  }

  /** Asks no more. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
