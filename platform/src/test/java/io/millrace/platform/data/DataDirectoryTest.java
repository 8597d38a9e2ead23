package io.millrace.platform.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

  @TempDir Path folder;

  @Test
  void refusesASecondHolderAndSaysWhoTheFirstIs() {
    try (DataDirectory held = DataDirectory.hold(folder)) {
      held.ready("127.0.0.1:19092", "http://127.0.0.1:18081", "http://127.0.0.1:18080", List.of());
      assertThatThrownBy(() -> DataDirectory.hold(folder))
          .isInstanceOf(DataDirectoryException.class)
          .hasMessageContaining(folder.toString())
          .hasMessageContaining("process " + ProcessHandle.current().pid())
          .hasMessageContaining("started 20")
          .hasMessageContaining("127.0.0.1:19092")
          .hasMessageContaining("--data");
    }
  }

  @Test
  void saysWhereThePlatformIsOnceItIsReady() throws IOException {
    try (DataDirectory held = DataDirectory.hold(folder)) {
      assertThat(PlatformFile.read(folder)).get().matches(f -> !f.ready(), "not ready yet");
      held.ready("b:1", "http://r:2", "http://h:3", List.of("http://g:4"));
      PlatformFile file = PlatformFile.read(folder).orElseThrow();
      assertThat(file.ready()).isTrue();
      assertThat(file.isRunning()).isTrue();
      assertThat(file.bootstrapServers()).isEqualTo("b:1");
      assertThat(file.schemaRegistryUrl()).isEqualTo("http://r:2");
      assertThat(file.httpUrl()).isEqualTo("http://h:3");
      assertThat(file.partUrls()).containsExactly("http://g:4");
    }
    assertThat(PlatformFile.read(folder)).isEmpty();
  }

  @Test
  void canBeHeldAgainAfterItWasClosed() {
    DataDirectory.hold(folder).close();
    DataDirectory.hold(folder).close();
  }

  @Test
  void aNoteLeftByAKilledPlatformBlocksNobody() throws IOException {
    Files.writeString(folder.resolve("platform.lock"), "");
    Files.writeString(
        folder.resolve("platform.json"),
        "{\"pid\":"
            + ProcessHandle.current().pid()
            + ",\"started_at\":\"2001-01-01T00:00:00Z\",\"ready\":true,\"later_field\":1}");
    assertThat(PlatformFile.read(folder).orElseThrow().isRunning()).isFalse();
    DataDirectory.hold(folder).close();
  }

  @Test
  void aNoteThatWasCutOffIsNoNote() throws IOException {
    Files.writeString(folder.resolve("platform.json"), "{\"pid\":12,\"star");
    assertThat(PlatformFile.read(folder)).isEmpty();
  }

  @Test
  void refusesAPathThatIsAFile() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> DataDirectory.hold(file))
        .isInstanceOf(DataDirectoryException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("Check that it is a directory");
  }
}
