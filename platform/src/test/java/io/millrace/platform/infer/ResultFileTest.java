package io.millrace.platform.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFileTest {
  @TempDir Path folder;

  @Test
  void whatFollowsTheLastWholeLineIsCutOffAndWritingGoesOnThere() throws Exception {
    Path path = folder.resolve("results.jsonl");
    Files.writeString(
        path,
        "{\"row\":1,\"id\":\"a\",\"outputs\":[{\"id\":\"z\",\"error\":1}]}\n{\"row\":3,\"id\":\"b\",\"code\":\"X\",\"error\":\"no\"}\n{\"row\":4,\"i");

    try (ResultFile file = ResultFile.open(path, false)) {
      assertThat(file.next()).isEqualTo(new ResultFile.Kept(1, "a", false));
      assertThat(file.next()).isEqualTo(new ResultFile.Kept(3, "b", true));
      assertThat(file.next()).isNull();
      file.append(bytes("{\"row\":4}"));
      file.flush();
      file.append(bytes("{\"row\":5}"));
      file.flush();
    }

    assertThat(Files.readAllLines(path)).hasSize(4).endsWith("{\"row\":4}", "{\"row\":5}");
  }

  @Test
  void aRestartThrowsAwayWhatIsThere() throws Exception {
    Path path = Files.writeString(folder.resolve("r"), "{\"row\":1,\"id\":\"a\"}\n");

    try (ResultFile file = ResultFile.open(path, true)) {
      assertThat(file.next()).isNull();
    }

    assertThat(path).isEmptyFile();
  }

  @Test
  void aLineThatIsNoResultIsNoRow() throws Exception {
    Path path = Files.writeString(folder.resolve("r"), "something else\n");

    try (ResultFile file = ResultFile.open(path, false)) {
      assertThat(file.next()).isEqualTo(new ResultFile.Kept(0, "", false));
    }
  }

  @Test
  void twoRunsNeverWriteTheSameFile() throws Exception {
    Path path = folder.resolve("r");
    try (ResultFile file = ResultFile.open(path, false)) {
      assertThatThrownBy(() -> ResultFile.open(path, false))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another run");
      assertThat(file.next()).isNull();
    }
  }

  @Property(tries = 200)
  void linesAreThoseOfTheTextAndEndWhereTheyEnd(
      @ForAll @AlphaChars @Chars({'\n', '\r', ' '}) String text) throws IOException {
    List<String> lines = new ArrayList<>();
    byte[] bytes = bytes(text);
    try (LineReader reader = new LineReader(new ByteArrayInputStream(bytes), 10)) {
      long begun = 0;
      for (var line = reader.next(); line != null; line = reader.next()) {
        String whole =
            new String(bytes, (int) begun, (int) (line.end() - begun), StandardCharsets.UTF_8);
        lines.add(whole);
        String content = line.whole() ? whole.substring(0, whole.length() - 1) : whole;
        assertThat(new String(line.bytes(), StandardCharsets.UTF_8))
            .isEqualTo(content.length() <= 10 ? content : content.substring(0, 10));
        assertThat(line.tooLong()).isEqualTo(content.length() > 10);
        assertThat(line.number()).isEqualTo(lines.size());
        begun = line.end();
      }
    }
    assertThat(String.join("", lines)).isEqualTo(text);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
