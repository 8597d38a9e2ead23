package io.millrace.platform.demo;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** Measures the time that passes and the processor time that this process takes meanwhile. */
final class Stopwatch {

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final long began = System.nanoTime();
  private final long cpuBegan = SYSTEM.getProcessCpuTime();

  /** Since this was made. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  /** Of all threads together, since this was made. */
  Duration cpu() {
    return Duration.ofNanos(SYSTEM.getProcessCpuTime() - cpuBegan);
  }
}
