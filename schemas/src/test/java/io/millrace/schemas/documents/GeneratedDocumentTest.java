package io.millrace.schemas.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratedDocumentTest {
  private static final GeneratedDocument DOCUMENT =
      new GeneratedDocument("docs/x.md", GeneratedDocumentTest.class, () -> "# X\n");

  @Test
  void theFileIsWritten(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("x.md");

    DOCUMENT.write(new String[] {file.toString()});

    assertThat(Files.readString(file)).isEqualTo("# X\n");
  }

  @Test
  void aMissingArgumentIsExplained() {
    assertThatThrownBy(() -> DOCUMENT.write(new String[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("docs/x.md");
  }

  @Test
  void theCommandNamesProgramAndFile() {
    assertThat(DOCUMENT.command()).endsWith(GeneratedDocumentTest.class.getName() + " docs/x.md");
  }

  @Test
  void aBarWithinACellDoesNotEndIt() {
    assertThat(new MarkdownTable("a", "b").row("x|y", 1))
        .hasToString("| a | b |\n|---|---|\n| x\\|y | 1 |\n");
  }

  @Test
  void aRowMustFitItsTable() {
    MarkdownTable table = new MarkdownTable("a", "b");

    assertThatThrownBy(() -> table.row("x")).isInstanceOf(IllegalArgumentException.class);
  }
}
