package io.millrace.inference;

import static org.apache.kafka.common.config.ConfigDef.Range.between;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.worker.runtime.WorkerConfig;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;

/** The settings of an inference worker: those of every worker, and where and how models run. */
public final class InferenceWorkerConfig extends WorkerConfig {

  public static final String DEVICE = "device";
  public static final String DEVICE_ID = "device.id";
  public static final String MODEL_RUNS = "model.runs";
  public static final String MEMORY_BYTES = "memory.bytes";
  public static final String INPUT_READERS = "input.readers";

  /**
   * Checked settings.
   *
   * @param settings names to values
   * @throws org.apache.kafka.common.config.ConfigException with one line that names every setting
   *     that is unknown, missing or wrong
   */
  public InferenceWorkerConfig(Map<String, String> settings) {
    super(definition(), settings);
  }

  /** The keys; a new object at each call. */
  public static ConfigDef definition() {
    return WorkerConfig.definition()
        .define(
            DEVICE,
            Type.STRING,
            "auto",
            ValidString.in("auto", "cpu", "cuda"),
            Importance.HIGH,
            "What models run on: auto and cuda try the GPU and say so where it cannot be used; then,"
                + " and with cpu, it is the CPU.")
        .define(
            DEVICE_ID, Type.INT, 0, between(0, 1_000), Importance.LOW, "Number of the GPU, from 0.")
        .define(
            MODEL_RUNS,
            Type.INT,
            0,
            between(0, 1_000),
            Importance.MEDIUM,
            "How many batches of a model may run at once on the CPU, where its instance_group does"
                + " not say; 0: as many as there are processors.")
        .define(
            MEMORY_BYTES,
            Type.LONG,
            0L,
            between(0, Long.MAX_VALUE),
            Importance.HIGH,
            "Native memory for models, bytes, by estimates from their files; a model beyond it is"
                + " not loaded; 0: half of the machine's memory.")
        .define(
            INPUT_READERS,
            Type.INT,
            2,
            between(1, 100),
            Importance.LOW,
            "Consumers that read inputs which are not in the task itself.");
  }

  boolean cuda() {
    return !getString(DEVICE).equals("cpu");
  }

  int deviceId() {
    return getInt(DEVICE_ID);
  }

  int modelRuns() {
    int runs = getInt(MODEL_RUNS);
    return runs == 0 ? Runtime.getRuntime().availableProcessors() : runs;
  }

  long memoryBytes() {
    long bytes = getLong(MEMORY_BYTES);
    if (bytes == 0
        && ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine) {
      return machine.getTotalMemorySize() / 2;
    }
    return bytes == 0 ? Long.MAX_VALUE : bytes;
  }

  int readers() {
    return getInt(INPUT_READERS);
  }
}
