package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InferenceWorkerMainTest {

  @Test
  void optionsWinOverTheSettingsFile(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("w.properties"), "slots=3\npools=a,b\n");
    assertThat(
            InferenceWorkerMain.settings(
                "--slots", "9", "--config", file.toString(), "--bootstrap", "h:1"))
        .containsEntry("slots", "9")
        .containsEntry("pools", "a,b")
        .containsEntry("bootstrap.servers", "h:1");
  }

  @Test
  void anUnknownOptionOrOneWithoutValueIsRefusedWithTheUsage() {
    assertThatThrownBy(() -> InferenceWorkerMain.settings("--slotz", "9"))
        .hasMessageContaining("--slotz")
        .hasMessageContaining("Usage");
    assertThatThrownBy(() -> InferenceWorkerMain.settings("--slots")).hasMessageContaining("value");
  }

  @Test
  void aSettingsFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> InferenceWorkerMain.settings("--config", "/nowhere/w.properties"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/nowhere/w.properties");
  }
}
