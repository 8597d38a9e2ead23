package io.millrace.toolworker.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.FakeCall;
import io.millrace.toolworker.ToolException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class AppendLineToolTest {

  private final FakeCall call = new FakeCall();
  private final AppendLineTool tool = new AppendLineTool();
  @TempDir Path directory;

  @BeforeEach
  void allow() {
    tool.configure(Map.of(AppendLineTool.DIRECTORY, directory.toString()));
  }

  @AfterEach
  void close() {
    call.close();
  }

  private static ObjectNode arguments(String file, String line) {
    return JsonNodeFactory.instance.objectNode().put("file", file).put("line", line).put("ms", 20);
  }

  @Test
  void itAppendsALineAndThenWaits() throws Exception {
    tool.call(arguments("effects", "one"), call).toCompletableFuture().get();
    tool.call(arguments("effects", "två"), call).toCompletableFuture().get();
    assertThat(Files.readString(directory.resolve("effects"))).isEqualTo("one\ntvå\n");
    assertThat(call.delayed()).isEqualTo(Duration.ofMillis(40));
  }

  @Test
  void itIsOffWithoutADirectory() {
    AppendLineTool off = new AppendLineTool();
    off.configure(Map.of());
    assertThatThrownBy(() -> off.call(arguments("effects", "one"), call))
        .isInstanceOf(ToolException.class)
        .hasMessageContaining(AppendLineTool.DIRECTORY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a/b", "/etc/x", ".", "..", "", "a/../b", "x\u0000"})
  void itWritesNowhereElse(String file) {
    assertThatThrownBy(() -> tool.call(arguments(file, "one"), call))
        .isInstanceOf(ToolException.class);
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void itFollowsNoLinkOut() throws Exception {
    Path outside = Files.createTempFile("outside", "");
    Files.createSymbolicLink(directory.resolve("link"), outside);
    assertThatThrownBy(() -> tool.call(arguments("link", "one"), call).toCompletableFuture().get())
        .hasCauseInstanceOf(java.io.IOException.class);
    assertThat(outside).isEmptyFile();
    Files.delete(outside);
  }

  @Test
  void aLineIsOneLine() {
    assertThatThrownBy(() -> tool.call(arguments("effects", "a\nb"), call))
        .hasMessageContaining("line");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "\"x\"", "1e300", "null"})
  void aDelayThatIsNoneIsRefused(String ms) {
    ObjectNode arguments = arguments("effects", "one");
    arguments.set("ms", io.millrace.toolworker.template.Json.parse(ms));
    assertThatThrownBy(() -> tool.call(arguments, call)).isInstanceOf(ToolException.class);
  }
}
