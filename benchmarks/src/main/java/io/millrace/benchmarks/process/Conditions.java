package io.millrace.benchmarks.process;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Where and when a number was measured.
 *
 * @param java version and vendor
 * @param os name and version
 * @param cores processors this JVM may use
 * @param memoryMib of the machine
 * @param loadAverage of the last minute, before the run; below 0 where the system has none
 * @param at start of the run, UTC, to the second
 */
public record Conditions(
    String java, String os, int cores, long memoryMib, double loadAverage, String at) {

  /** Those of now. */
  public static Conditions now() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return new Conditions(
        System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vm.vendor"),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        Runtime.getRuntime().availableProcessors(),
        memoryOfMachine(),
        system.getSystemLoadAverage(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private static long memoryOfMachine() {
    try {
      return Files.readAllLines(Path.of("/proc/meminfo")).stream()
          .filter(line -> line.startsWith("MemTotal:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  /** One line for people. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "%d cores, %d MiB, JDK %s, %s, load average %.2f",
        cores,
        memoryMib,
        java,
        os,
        loadAverage);
  }
}
