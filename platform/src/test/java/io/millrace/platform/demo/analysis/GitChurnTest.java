package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitChurnTest {

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @Test
  void aTreeWithoutGitIsAResultAndNoError() throws IOException {
    GitChurn churn = new GitChurn(Map.of("GIT_CEILING_DIRECTORIES", parent().toString()));
    ObjectNode result = churn.run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("summary").path("git").asBoolean()).isFalse();
    assertThat(result.path("summary").path("reason").asText()).contains("git");
  }

  @Test
  void countsCommitsAndLinesPerFile() throws Exception {
    assumeTrue(git("init", "-q"), "git is not installed");
    Trees.write(root, "a.txt", "1\n2\n");
    Trees.write(root, "b.txt", "1\n");
    commit("one");
    Trees.write(root, "a.txt", "1\n3\n4\n");
    commit("two");
    ObjectNode result = new GitChurn().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("summary").path("commits").asInt()).isEqualTo(2);
    assertThat(result.path("summary").path("authors").asInt()).isEqualTo(1);
    assertThat(result.path("most_changed").get(0).toString())
        .isEqualTo("{\"path\":\"a.txt\",\"commits\":2,\"added\":4,\"deleted\":1}");
  }

  @Test
  void anEmptyRepositoryIsAResult() throws Exception {
    assumeTrue(git("init", "-q"), "git is not installed");
    ObjectNode result = new GitChurn().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("summary").path("reason").asText()).contains("no commits");
  }

  @Test
  void gitThatTakesTooLongIsAResult() throws IOException {
    AnalysisOptions hasty = new AnalysisOptions(20, 6, Duration.ofNanos(1), TreeLimits.DEFAULT);
    ObjectNode result = new GitChurn().run(root, hasty);
    assertThat(result.path("summary").path("git").asBoolean()).isFalse();
  }

  @Test
  void aLogCutInTheMiddleLosesItsLastLineOnly() {
    ChurnLog log =
        ChurnLog.parse("\u0001100 me\n\n1\t2\ta\n-\t-\tbin\n\u000150 you\n\n3\t0\tab", true);
    assertThat(log.commits()).isEqualTo(2);
    assertThat(log.firstSecond()).isEqualTo(50);
    assertThat(log.files())
        .containsOnly(
            Map.entry("a", new ChurnLog.FileChurn(1, 1, 2)),
            Map.entry("bin", new ChurnLog.FileChurn(1, 0, 0)));
  }

  private void commit(String message) throws Exception {
    assertThat(git("add", "-A")).isTrue();
    assertThat(
            git(
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@localhost",
                "-c",
                "commit.gpgsign=false",
                "commit",
                "-q",
                "-m",
                message))
        .isTrue();
  }

  private boolean git(String... arguments) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(root.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException missing) {
      return false;
    }
  }

  private Path parent() throws IOException {
    Path parent = root.toRealPath().getParent();
    return parent == null ? root : parent;
  }
}
