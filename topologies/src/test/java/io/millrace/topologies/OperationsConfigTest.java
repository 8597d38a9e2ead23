package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class OperationsConfigTest {
  private static OperationsConfig config(String key, String value) {
    Map<String, String> settings =
        new HashMap<>(
            Map.of(
                "bootstrap.servers", "a:1,b:2",
                "schema.registry.url", "http://r:1,http://s:1",
                "state.dir", "/state"));
    settings.put(key, value);
    return new OperationsConfig(settings);
  }

  @Test
  void settingsForTheKafkaClientsArePassedOn() {
    assertThat(config("kafka.security.protocol", "SSL").kafka())
        .containsEntry("security.protocol", "SSL")
        .containsEntry("bootstrap.servers", List.of("a:1", "b:2"));
  }

  @Test
  void everyRegistryIsTried() {
    assertThat(config("http.port", "8090").serde())
        .containsEntry("schema.registry.url", "http://r:1,http://s:1");
  }

  @Test
  void allThatIsWrongIsRefusedInOneLine() {
    assertThatThrownBy(
            () -> new OperationsConfig(Map.of("num.stream.threads", "0", "threads", "1")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("operations settings")
        .hasMessageContaining("bootstrap.servers")
        .hasMessageContaining("num.stream.threads")
        .hasMessageContaining("unknown key 'threads'")
        .message()
        .doesNotContain("\n");
  }
}
