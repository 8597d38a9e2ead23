package io.millrace.schemas.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.schemas.fixtures.Documents;
import org.junit.jupiter.api.Test;

class TopicsDocumentTest {

  @Test
  void theDocumentIsUpToDate() {
    Documents.assertUpToDate(TopicsDocument.DOCUMENT);
  }

  @Test
  void everyTopicAndFamilyHasARow() {
    assertThat(TopicsDocument.text().lines().filter(line -> line.startsWith("| `")))
        .hasSize(Topics.all().size() + Topics.families().size())
        .contains(
            "| `tool.controls` | Control | operation id | 1 / 24 | delete | 10 min | dispatch |"
                + " every worker |")
        .anyMatch(line -> line.startsWith("| `inference.tasks.<pool>` | Task |"));
  }
}
