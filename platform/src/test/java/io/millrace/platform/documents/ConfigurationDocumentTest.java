package io.millrace.platform.documents;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.gateway.GatewayConfig;
import io.millrace.inference.InferenceWorkerConfig;
import io.millrace.schemas.config.Settings;
import io.millrace.schemas.fixtures.Documents;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.toolworker.ToolWorkerConfig;
import io.millrace.topologies.OperationsConfig;
import io.millrace.worker.runtime.WorkerConfig;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConfigurationDocumentTest {

  @Test
  void theDocumentIsUpToDate() {
    Documents.assertUpToDate(ConfigurationDocument.DOCUMENT);
  }

  @Test
  void everySettingHasOneRowInItsArea() {
    long settings =
        Stream.of(
                OperationsConfig.DEFINITION,
                ToolWorkerConfig.definition(),
                InferenceWorkerConfig.definition(),
                GatewayConfig.definition(),
                SerdeConfig.DEFINITION)
            .mapToLong(definition -> definition.names().size())
            .sum();
    int worker = WorkerConfig.definition().names().size();
    int shared = Settings.definition().names().size();

    assertThat(ConfigurationDocument.text().lines().filter(line -> line.startsWith("| `")))
        .as("those of every process stand there once, not with each kind")
        .hasSize((int) settings - worker - 2 * shared)
        .anyMatch(line -> line.startsWith("| `bootstrap.servers` | list | required |"))
        .anyMatch(line -> line.startsWith("| `slots` | int | `64` | [1,...,100000] |"))
        .anyMatch(line -> line.startsWith("| `basic.auth.user.info` | password |"));
  }
}
