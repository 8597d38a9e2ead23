package io.millrace.platform.demo.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private final StringWriter bytes = new StringWriter();
  private Instant now = Instant.EPOCH;

  @Test
  void withoutATerminalAStepIsALineAtItsBeginAndOneAtItsEnd() {
    try (Progress progress = progress(false).redrawing()) {
      progress.begin("code analysis");
      progress.advance(3, 8, "secrets");
      pass(1250);
      progress.end(true, "8 tools");
      progress.begin("bad\u001b[2Jname");
      progress.say("a line");
      progress.end(false, "");
      progress.end(true, "no step, no line");
    }
    assertThat(written())
        .isEqualTo(
            """
            code analysis ...
            ok      code analysis  1.3 s  8 tools
            bad?[2Jname ...
            a line
            FAILED  bad?[2Jname  0.0 s
            """);
  }

  @Test
  void onATerminalTheStepIsOneLineDrawnOver() {
    Progress progress = progress(true);
    progress.begin("fetch");
    pass(100);
    progress.advance(2, 8, "news");
    progress.end(true, "");
    progress.close();
    String clear = "\r\u001b[K";
    assertThat(written())
        .isEqualTo(
            clear
                + "| fetch  0.0 s"
                + clear
                + "/ fetch  [#####---------------] 2/8  0.1 s  news"
                + clear
                + "\u001b[32mok    \u001b[0m  fetch  0.1 s\n");
  }

  @Test
  void aLineNeverWraps() {
    Progress progress = progress(true);
    progress.begin("x".repeat(300));
    assertThat(written().substring(4)).hasSize(99);
    progress.end(true, "");
    assertThat(written()).contains("\u001b[32mok    \u001b[0m");
  }

  @Test
  void closingClearsAStepThatDidNotEnd() {
    Progress progress = progress(true);
    progress.begin("a");
    progress.close();
    progress.redraw();
    assertThat(written()).endsWith("\r\u001b[K");
  }

  private Progress progress(boolean live) {
    return new Progress(new PrintWriter(bytes), live, 100, () -> now);
  }

  private void pass(long millis) {
    now = now.plus(Duration.ofMillis(millis));
  }

  private String written() {
    return bytes.toString().replace(System.lineSeparator(), "\n");
  }
}
