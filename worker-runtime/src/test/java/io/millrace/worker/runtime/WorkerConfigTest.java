package io.millrace.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class WorkerConfigTest {

  private static WorkerConfig config(String... more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("bootstrap.servers", "127.0.0.1:9092");
    settings.put("schema.registry.url", "http://127.0.0.1:8081");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return new WorkerConfig(WorkerConfig.definition(), settings);
  }

  @Test
  void theDefaultsServeOnePool() {
    assertThat(config().pools()).containsExactly("default");
    assertThat(config().slots()).isEqualTo(64);
  }

  @Test
  void settingsForTheKafkaClientsArePassedOn() {
    assertThat(config("kafka.security.protocol", "SSL").kafka())
        .containsEntry("security.protocol", "SSL");
  }

  @Test
  void anUnknownSettingIsRefusedInOneLineThatNamesIt() {
    assertThatThrownBy(() -> config("slotz", "3"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("slotz")
        .hasMessageContaining("slots")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void aWrongValueIsRefused() {
    assertThatThrownBy(() -> config("slots", "0")).hasMessageContaining("slots");
    assertThatThrownBy(() -> config("slots", "many")).hasMessageContaining("slots");
    assertThatThrownBy(() -> config("pools", "Not A Pool")).hasMessageContaining("Not A Pool");
    assertThatThrownBy(() -> config("pools", "")).hasMessageContaining("pool");
  }

  @Test
  void withoutBrokersItRefusesToStart() {
    assertThatThrownBy(() -> new WorkerConfig(WorkerConfig.definition(), Map.of()))
        .hasMessageContaining("bootstrap.servers");
  }
}
