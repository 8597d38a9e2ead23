package io.millrace.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayMainTest {

  @Test
  void optionsWinOverTheFile(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("gateway.properties");
    Files.writeString(file, "gateway.port=1\nrequests.max=7\n");

    assertThat(GatewayMain.settings("--config", file.toString(), "--port", "2"))
        .isEqualTo(Map.of("gateway.port", "2", "requests.max", "7"));
  }

  @Test
  void anOptionThatIsNotKnownIsSaid() {
    assertThatThrownBy(() -> GatewayMain.settings("--prt", "2"))
        .hasMessageContaining("Unknown option '--prt'");
    assertThatThrownBy(() -> GatewayMain.settings("--port"))
        .hasMessageContaining("--port needs a value");
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    assertThatThrownBy(
            () ->
                new GatewayConfig(
                    Map.of("bootstrap.servers", "a:1", "requests.max", "0", "x", "y")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("unknown key 'x'")
        .hasMessageContaining("requests.max")
        .hasMessageContaining("schema.registry.url");
  }
}
