package io.millrace.toolworker;

import io.millrace.toolworker.builtin.AppendLineTool;
import io.millrace.worker.runtime.WorkerConfig;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;

/** The settings of a tool worker: those of every worker, and {@code tools.*}. */
public final class ToolWorkerConfig extends WorkerConfig {

  private static final String TOOLS_PREFIX = "tools.";

  /**
   * Checked settings.
   *
   * @param settings names to values
   * @throws org.apache.kafka.common.config.ConfigException with one line that names every setting
   *     that is unknown, missing or wrong
   */
  public ToolWorkerConfig(Map<String, String> settings) {
    super(definition(), settings);
  }

  /** The keys; a new object at each call. */
  public static ConfigDef definition() {
    return WorkerConfig.definition()
        .define(
            AppendLineTool.DIRECTORY,
            Type.STRING,
            "",
            Importance.LOW,
            "Directory in which the tool append-line may write; empty: it is off.");
  }

  /** The settings that tools are given. */
  Map<String, String> tools() {
    Map<String, String> tools = new HashMap<>();
    values()
        .forEach(
            (name, value) -> {
              if (name.startsWith(TOOLS_PREFIX)) {
                tools.put(name, String.valueOf(value));
              }
            });
    return tools;
  }
}
