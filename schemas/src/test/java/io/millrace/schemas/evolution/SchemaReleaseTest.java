package io.millrace.schemas.evolution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.schemas.fixtures.Repository;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchemaReleaseTest {

  @Test
  void everyMessageIsWrittenSelfContained(@TempDir Path folder) throws IOException {
    Path release = folder.resolve("v9");

    SchemaRelease.main(new String[] {Repository.AVRO.toString(), release.toString()});

    assertThat(SchemaFiles.readSelfContained(release))
        .isEqualTo(SchemaFiles.readMessages(Repository.AVRO))
        .containsKey("io.millrace.events.ToolCall")
        .doesNotContainKey("io.millrace.events.Failure");
  }

  @Test
  void aReleaseIsNeverOverwritten(@TempDir Path folder) {
    assertThatThrownBy(() -> SchemaRelease.write(Repository.AVRO, folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Write the next version instead");
  }

  @Test
  void wrongArgumentsAreExplained() {
    assertThatThrownBy(() -> SchemaRelease.main(new String[] {"one"}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("schemas/released/v2")
        .hasMessageContaining("got 1");
  }
}
