package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.platform.embedded.EmbeddedPlatform;
import io.millrace.platform.embedded.ModelsPart;
import io.millrace.platform.embedded.OperationsPart;
import io.millrace.platform.embedded.PlatformOptions;
import io.millrace.platform.embedded.SchemasPart;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that are declared by hand, asked from the command line. */
@Timeout(180)
class InferCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Path data;
  private static EmbeddedPlatform platform;

  @TempDir Path folder;

  @BeforeAll
  static void start(@TempDir Path shared) throws Exception {
    data = shared.resolve("data");
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    platform =
        EmbeddedPlatform.start(
            new PlatformOptions(
                data,
                0,
                0,
                0,
                false,
                Topics.all().stream().map(Provisioner::embedded).toList(),
                Duration.ofSeconds(90)),
            meters,
            List.of(
                new SchemasPart(),
                new OperationsPart(meters, Map.of()),
                new ModelsPart(meters, shared.resolve("models"), Map.of())));
    SeededModels.tiny().write(shared.resolve("tiny.onnx"));
    Path targets =
        Files.writeString(
            shared.resolve("targets.yaml"),
            "targets: [{kind: model, name: tiny, pool: models, model: {uri: tiny.onnx}}]\n");
    assertThat(run("apply", "-f", targets.toString()).code()).isEqualTo(ExitCode.OK);
    Path input = Files.writeString(shared.resolve("input.json"), plain(1));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> run("infer", "tiny", "-f", input.toString()).code() == ExitCode.OK);
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  @BeforeEach
  void noResultsYet() {
    assertThat(folder).isEmptyDirectory();
  }

  private static Session run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data.toString()));
    return Session.run(all.toArray(String[]::new));
  }

  private static String plain(int first) {
    String row = "[" + first + ",2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]";
    return "{\"INPUT0\": " + row + ", \"INPUT1\": " + row + "}";
  }

  private Path rows(int count) throws Exception {
    String lines =
        IntStream.rangeClosed(1, count)
            .mapToObj(InferCommandTest::plain)
            .collect(Collectors.joining("\n"));
    return Files.writeString(folder.resolve("rows.jsonl"), lines + "\n");
  }

  private static List<JsonNode> results(Path file) throws Exception {
    List<JsonNode> results = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      results.add(JSON.readTree(line));
    }
    return results;
  }

  private static List<Integer> sums(Path file) throws Exception {
    return results(file).stream().map(line -> line.at("/outputs/0/data/0").intValue()).toList();
  }

  @Test
  void oneInputIsAnsweredWithItsOutputsAndTimes() throws Exception {
    Path input = Files.writeString(folder.resolve("input.json"), plain(21));

    Session people = run("infer", "tiny", "-f", input.toString());
    JsonNode json = run("infer", "tiny", "-f", input.toString(), "--json", "-").json();

    assertThat(people.code()).isEqualTo(ExitCode.OK);
    assertThat(people.out())
        .containsPattern("OUTPUT0 +INT32 +\\[1,16] +\\[42,4,6,8")
        .containsPattern(
            "tiny version 1, worker: [0-9.]+ ms, of these queue [0-9.]+, batch [0-9.]+, compute [0-9.]+ \\(batch of 1 on cpu\\)");
    assertThat(json.at("/outputs/0/data/0").intValue()).isEqualTo(42);
    assertThat(json.path("model_version").textValue()).isEqualTo("1");
    assertThat(json.path("compute_ms").isNumber()).isTrue();
  }

  @Test
  void whatIsWrongWithAnInputIsSaidBeforeItIsSent() throws Exception {
    Path input = Files.writeString(folder.resolve("input.json"), "{\"INPUT0\": [1,2]}");
    Path lines = rows(2);

    assertThat(run("infer", "tiny", "-f", input.toString()).err())
        .contains("input.json: INPUT0: has 2 values nested as [2]");
    Session many = run("infer", "tiny", "-f", lines.toString());
    assertThat(many.code()).isEqualTo(ExitCode.USAGE);
    assertThat(many.err())
        .contains("something follows the first JSON value, in line 2", "needs --out FILE");
    assertThat(run("infer", "tinny", "-f", input.toString()).err())
        .isEqualTo("millrace: there is no model 'tinny'; did you mean 'tiny'?\n");
    assertThat(run("infer", "tiny", "--model-version", "7", "-f", input.toString()).err())
        .isEqualTo("millrace: model 'tiny' has no version 7; expected one of: 1\n");
    assertThat(run("infer", "tiny", "-f", folder.resolve("none").toString()).err())
        .contains("there is no such file");
  }

  @Test
  void everyRowHasItsResultInOrderAndWhatFailedSaysWhy() throws Exception {
    Path rows = rows(200);
    List<String> lines = new ArrayList<>(Files.readAllLines(rows));
    lines.set(9, "{\"INPUT0\": [1]}");
    lines.set(99, "no json");
    lines.add(100, "");
    Files.write(rows, lines);
    Path out = folder.resolve("results.jsonl");

    Session session =
        run("infer", "tiny", "-f", rows.toString(), "--out", out.toString(), "--json", "-");

    assertThat(session.code()).isEqualTo(ExitCode.FAILED);
    assertThat(session.err()).contains("2 of 200 rows failed; their lines in " + out);
    JsonNode json = session.json();
    assertThat(json.path("ok").intValue()).isEqualTo(198);
    assertThat(json.path("failed").intValue()).isEqualTo(2);
    assertThat(json.path("mean_batch").doubleValue()).isGreaterThan(1);
    List<JsonNode> results = results(out);
    assertThat(results).hasSize(200);
    for (int i = 0; i < 200; i++) {
      JsonNode result = results.get(i);
      assertThat(result.path("row").intValue()).isEqualTo(i < 100 ? i + 1 : i + 2);
      if (i == 9 || i == 99) {
        assertThat(result.path("code").textValue()).isEqualTo("REQUEST_INVALID");
        assertThat(result.path("error").textValue()).isNotEmpty();
      } else {
        assertThat(result.at("/outputs/0/data/0").intValue()).isEqualTo(2 * (i + 1));
      }
    }
  }

  @Test
  void aRunThatWasInterruptedGoesOnWhereItStopped() throws Exception {
    Path rows = rows(120);
    Path out = folder.resolve("results.jsonl");
    String[] command = {"infer", "tiny", "-f", rows.toString(), "--out", out.toString()};
    assertThat(run(command).code()).isEqualTo(ExitCode.OK);
    List<Integer> whole = sums(out);
    List<String> lines = Files.readAllLines(out);
    String torn = lines.get(50).substring(0, lines.get(50).length() / 2);
    Files.writeString(out, String.join("\n", lines.subList(0, 50)) + "\n" + torn);

    Session session = run(command);

    assertThat(session.code()).isEqualTo(ExitCode.OK);
    assertThat(session.out()).contains("70 rows of", "50 were there already");
    assertThat(sums(out)).isEqualTo(whole).hasSize(120);
    assertThat(Files.readAllLines(out).subList(0, 50)).isEqualTo(lines.subList(0, 50));
    assertThat(results(out).get(60).path("id")).isEqualTo(JSON.readTree(lines.get(60)).path("id"));
    assertThat(run(command).out()).contains("0 rows of", "120 were there already");
  }

  @Test
  void resultsOfOtherRowsAreNotGoneOnWith() throws Exception {
    Path rows = rows(5);
    Path out = folder.resolve("results.jsonl");
    String[] command = {"infer", "tiny", "-f", rows.toString(), "--out", out.toString()};
    assertThat(run(command).code()).isEqualTo(ExitCode.OK);
    List<String> results = Files.readAllLines(out);
    List<String> lines = new ArrayList<>(Files.readAllLines(rows));
    lines.set(3, plain(77));
    Files.write(rows, lines);

    Session session = run(command);

    assertThat(session.code()).isEqualTo(ExitCode.FAILED);
    assertThat(session.err())
        .contains("line 4 is not the result of row 4 of " + rows + " by model:tiny@1", "--restart");
    assertThat(Files.readAllLines(out)).isEqualTo(results);

    List<String> restarted = new ArrayList<>(List.of(command));
    restarted.add("--restart");
    assertThat(run(restarted.toArray(String[]::new)).code()).isEqualTo(ExitCode.OK);
    assertThat(sums(out)).containsExactly(2, 4, 6, 154, 10);

    Files.write(rows, lines.subList(0, 2));
    assertThat(run(command).err()).contains("has more lines than", "has rows");
  }

  @Test
  void optionsThatDoNotDoAreRefused() throws Exception {
    Path rows = rows(1);

    assertThat(run("infer", "tiny", "-f", rows.toString(), "--restart").err())
        .contains("--restart needs --out");
    Session session = run("infer", "tiny", "-f", rows.toString(), "--out", "x", "--in-flight", "0");
    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err()).contains("--in-flight: expected 1 to 4096, but 0 is given");
    assertThat(
            run("infer", "tiny", "-f", rows.toString(), "--out", folder.resolve("a/b").toString())
                .err())
        .contains("--out: cannot write");
  }
}
