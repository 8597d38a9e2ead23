package io.millrace.platform.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Words what a worker's status says of its process, its host and their GPUs. */
final class HostUse {
  private static final double MIB = 1 << 20;
  private static final String GPU_SHARE = "gpu[0-9]+_share";

  private HostUse() {}

  /** Cores that the process keeps busy, of those that there are. */
  static String cpu(Map<String, Double> metrics) {
    Double cores = metrics.get("process_cpu_cores");
    if (cores == null) {
      return "-";
    }
    Double all = metrics.get("host_cpus");
    return all == null
        ? String.format(Locale.ROOT, "%.1f", cores)
        : String.format(Locale.ROOT, "%.1f of %.0f", cores, all);
  }

  /** Resident memory of the process, MiB. */
  static String resident(Map<String, Double> metrics) {
    return mib(metrics.get("rss_bytes"));
  }

  /** Each GPU with its use and its memory; {@code -} where there is none. */
  static String gpus(Map<String, Double> metrics) {
    List<String> gpus = new ArrayList<>();
    for (Map.Entry<String, Double> metric : new TreeMap<>(metrics).entrySet()) {
      String name = metric.getKey();
      if (name.matches(GPU_SHARE)) {
        String gpu = name.substring(0, name.length() - "_share".length());
        gpus.add(
            String.format(
                Locale.ROOT,
                "%s %.0f %%, %s of %s MiB",
                gpu,
                100 * metric.getValue(),
                mib(metrics.get(gpu + "_memory_used_bytes")),
                mib(metrics.get(gpu + "_memory_bytes"))));
      }
    }
    return gpus.isEmpty() ? "-" : String.join("; ", gpus);
  }

  private static String mib(@Nullable Double bytes) {
    return bytes == null ? "-" : String.format(Locale.ROOT, "%.0f", bytes / MIB);
  }
}
