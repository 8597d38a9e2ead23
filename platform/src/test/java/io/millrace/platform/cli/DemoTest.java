package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("end-to-end")
@Timeout(180)
class DemoTest {

  @TempDir Path folder;

  @Test
  void everyCheckHoldsOnASmallTreeAndNothingIsLeftBehind() throws Exception {
    Path tree = Files.createDirectories(folder.resolve("src"));
    Files.writeString(
        tree.resolve("A.java"),
        "/** A. */\nclass A {\n  int f(int x) {\n    return x > 0 ? x : -x; // TODO one\n  }\n}\n");
    Path data = folder.resolve("data");

    Session session =
        Session.run(
            "demo",
            "--only",
            "tools",
            "--source",
            tree.toString(),
            "--seconds",
            "15",
            "--data",
            data.toString(),
            "--json",
            "-");

    JsonNode document = session.json();
    List<String> failed = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (JsonNode check : document.path("checks")) {
      names.add(check.path("name").asText());
      if (!check.path("ok").asBoolean()) {
        failed.add(check.toString());
      }
    }
    assertThat(failed).isEmpty();
    assertThat(names)
        .contains(
            "parallel_faster",
            "cache_hit",
            "circuit_opened",
            "circuit_closed",
            "worker_killed_nothing_lost",
            "rejected_bad_record");
    assertThat(session.code()).isEqualTo(ExitCode.OK);
    assertThat(document.at("/results/size-census/summary/files").asInt()).isEqualTo(1);
    assertThat(document.at("/results/work-markers/summary/TODO").asInt()).isEqualTo(1);
    assertThat(session.err())
        .contains("a worker is killed in the middle of its tasks ...", "checks held in");
    assertThat(ProcessHandle.current().descendants().map(ProcessHandle::pid)).isEmpty();
    try (Stream<Path> kept = Files.list(data)) {
      assertThat(kept.map(path -> String.valueOf(path.getFileName()))).contains("kafka", "demo");
    }
  }

  @Test
  void aModelThatTheDemoMadeIsServedBatchedCachedAndStoodInFor() throws Exception {
    Session session = Session.run("demo", "--only", "models", "--seconds", "15", "--json", "-");

    JsonNode document = session.json();
    List<String> held = new ArrayList<>();
    for (JsonNode check : document.path("checks")) {
      assertThat(check.path("ok").asBoolean()).as(check.toString()).isTrue();
      held.add(check.path("name").asText());
    }
    assertThat(held)
        .containsExactly(
            "model_served_by_kafka",
            "model_served_by_http",
            "batches_grow_with_load",
            "every_request_answered",
            "model_cache_hit",
            "model_canary_returned",
            "model_fallback");
    assertThat(document.at("/results/model-load/load")).hasSize(3);
    assertThat(session.code()).isEqualTo(ExitCode.OK);
  }

  @Test
  void aPartThatThereIsNotIsRefused() {
    Session session = Session.run("demo", "--only", "modles");

    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err())
        .isEqualTo("millrace: --only: there is no part 'modles'; did you mean 'models'?\n");
  }

  @Test
  void tooLittleTimeIsRefused() {
    Session session = Session.run("demo", "--seconds", "3");

    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err())
        .isEqualTo("millrace: --seconds: expected 15 to 600, but 3 is given\n");
  }

  @Test
  void aSourceThatIsNoDirectoryIsRefused() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "x");

    Session session = Session.run("demo", "--source", file.toString());

    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err()).contains("--source", file.toString(), "directory");
  }
}
