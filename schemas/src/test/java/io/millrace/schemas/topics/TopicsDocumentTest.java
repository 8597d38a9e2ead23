package io.millrace.schemas.topics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.schemas.fixtures.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicsDocumentTest {

  @Test
  void theDocumentIsUpToDate() {
    assertThat(Repository.ROOT.resolve("docs/topics.md"))
        .as(
            "docs/topics.md is older than the catalogue. Write it again: mvn -q package -DskipTests"
                + " && java -cp 'benchmarks/target/lib/*'"
                + " io.millrace.schemas.topics.TopicsDocument docs/topics.md")
        .hasContent(TopicsDocument.text());
  }

  @Test
  void everyTopicAndFamilyHasARow() {
    assertThat(TopicsDocument.text().lines().filter(line -> line.startsWith("| `")))
        .hasSize(Topics.all().size() + Topics.families().size())
        .contains(
            "| `tool.controls` | Control | operation id | 4 / 24 | delete | 10 min | dispatch |"
                + " every worker |")
        .anyMatch(line -> line.startsWith("| `inference.tasks.<pool>` | Task |"));
  }

  @Test
  void theFileIsWritten(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("topics.md");

    TopicsDocument.main(new String[] {file.toString()});

    assertThat(Files.readString(file)).isEqualTo(TopicsDocument.text());
  }

  @Test
  void aMissingArgumentIsExplained() {
    assertThatThrownBy(() -> TopicsDocument.main(new String[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("docs/topics.md");
  }
}
