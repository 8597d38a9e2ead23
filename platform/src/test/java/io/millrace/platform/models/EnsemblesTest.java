package io.millrace.platform.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.onnx.OnnxGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnsemblesTest {
  @TempDir Path directory;
  private RepositoryScan scan;
  private long now;

  @BeforeEach
  void start() throws IOException {
    scan = new RepositoryScan(directory, "default");
    now = System.currentTimeMillis() + 60_000;
    model("one", 1, "");
    model("two", 1, "");
  }

  private void model(String name, int version, String config) throws IOException {
    OnnxGraph graph = new OnnxGraph(name);
    String x = graph.input("x", TensorDatatype.FP32, -1, 2);
    graph.node("Identity", Map.of(), List.of(x), List.of("y"));
    graph.output("y", TensorDatatype.FP32, -1, 2);
    Path home = directory.resolve(name);
    graph.write(
        Files.createDirectories(home.resolve(Integer.toString(version))).resolve("model.onnx"));
    if (!config.isEmpty()) {
      Files.writeString(home.resolve("config.pbtxt"), config);
    }
  }

  private void ensemble(String steps) throws IOException {
    Path home = Files.createDirectories(directory.resolve("pipe"));
    Files.writeString(
        home.resolve("config.pbtxt"),
        """
        platform: "ensemble"
        max_batch_size: 8
        input { name: "in" data_type: TYPE_FP32 dims: [2] }
        output { name: "out" data_type: TYPE_FP32 dims: [2] }
        response_cache { enable: true }
        """);
    Files.writeString(home.resolve("millrace.yaml"), steps);
  }

  private static final String SEQUENCE =
      """
      steps:
        - {model: one, inputs: {x: in}, outputs: {y: between}}
        - {model: two, inputs: {x: between}, outputs: {y: out}}
      """;

  @Test
  void anEnsembleIsDeclaredBesideItsModelsAndAgainWhenOneOfThemChanges() throws IOException {
    ensemble(SEQUENCE);
    Map<String, TargetSpec> declared = scan.look(now).targets();
    assertThat(declared).containsOnlyKeys("model:one@1", "model:two@1", "model:pipe@1");
    TargetSpec pipe = declared.get("model:pipe@1");
    assertThat(pipe.getPool()).isEqualTo("default");
    assertThat(pipe.getCacheTtlMs()).isPositive();
    assertThat(members(pipe)).containsExactly("model:one@1", "model:two@1");
    assertThat(scan.look(now).targets()).isEmpty();

    model("two", 2, "");
    assertThat(members(scan.look(now).targets().get("model:pipe@1")))
        .containsExactly("model:one@1", "model:two@2");
  }

  private static List<String> members(TargetSpec ensemble) {
    return ensemble.getModel().getSteps().stream()
        .map(step -> step.getCandidates().get(0).getTarget())
        .toList();
  }

  @Test
  void modelsOfTwoPoolsMakeParts() throws IOException {
    model("two", 1, "parameters { key: \"pool\" value { string_value: \"gpu\" } }");
    ensemble(SEQUENCE);

    Map<String, TargetSpec> declared = scan.look(now).targets();

    assertThat(declared)
        .containsOnlyKeys(
            "model:one@1", "model:two@1", "model:pipe@1", "model:pipe/0@1", "model:pipe/1@1");
    assertThat(declared.get("model:pipe@1").getPool()).isEqualTo("ensemble");
    assertThat(declared.get("model:pipe/1@1").getPool()).isEqualTo("gpu");

    RepositoryScan later = new RepositoryScan(directory, "default");
    later.declared(declared);
    assertThat(later.look(now).targets()).as("a restart declares nothing anew").isEmpty();
    Files.delete(directory.resolve("pipe").resolve("config.pbtxt"));
    assertThat(later.look(now).targets())
        .containsOnlyKeys("model:pipe@1", "model:pipe/0@1", "model:pipe/1@1")
        .containsEntry("model:pipe/0@1", null);
  }

  @Test
  void aSplitKeepsItsWeightsAndNumbers() throws IOException {
    ensemble(
        "steps: [{name: trial, canary: {one: 95, two: 5}, slow: 200ms, inputs: {x: in}, outputs: {y: out}}]");

    EnsembleStep step = scan.look(now).targets().get("model:pipe@1").getModel().getSteps().get(0);

    assertThat(step.getCandidates())
        .containsExactly(
            new EnsembleCandidate("model:pipe/trial.one-1@1", 95.0),
            new EnsembleCandidate("model:pipe/trial.two-1@1", 5.0));
    assertThat(step.getNumbers())
        .containsEntry("slow_ms", List.of(200.0))
        .containsEntry("canary", List.of(1.0));
  }

  @Test
  void aSelectionKeepsWhatItAimsAt() throws IOException {
    ensemble(
        "steps: [{name: cheap, select: [one, two], reference: one, quality: 0.9, objective: 50ms,"
            + " sample: 0.02, inputs: {x: in}, outputs: {y: out}}]");

    EnsembleStep step = scan.look(now).targets().get("model:pipe@1").getModel().getSteps().get(0);

    assertThat(step.getNumbers())
        .containsEntry("reference", List.of(0.0))
        .containsEntry("quality", List.of(0.9))
        .containsEntry("objective_ms", List.of(50.0))
        .containsEntry("sample", List.of(0.02));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{model: none, inputs: {x: in}, outputs: {y: out}} | step 'model-0': model 'none' is not",
        "{model: one, inputs: {z: in}, outputs: {y: out}} | step 'model-0': inputs: model:one@1 has no input 'z'",
        "{model: one, inputs: {x: in}, outputs: {z: out}} | step 'model-0': outputs: model:one@1 has no output 'z'",
        "{model: one, when: in.maxx > 1, inputs: {x: in}, outputs: {y: out}} | step 'model-0.when'",
        "{model: one, when: in.max + 1, inputs: {x: in}, outputs: {y: out}} | step 'model-0.when'",
        "{model: one, inputs: {x: in}, outputs: {y: other}} | output 'out' is made by no step",
        "{affine: in, scale: [1, 2, 3], output: out} | step 'affine-0': scale: expected 1 number, or 2",
        "{vote: [in], output: out} | output 'out' has datatype INT64; expected FP32",
        "{model: one, inputs: {x: in}} | steps[0].outputs: is missing",
        "{model: one, sum: [in], inputs: {x: in}, outputs: {y: out}} | steps[0].sum: is no key that is known here",
        "{inputs: {x: in}, outputs: {y: out}} | expected one of model, split, canary",
        "{select: [one, two], reference: none, inputs: {x: in}, outputs: {y: out}} | steps[0].reference: expected one of the models of 'select'",
        "{select: [one, two], quality: 1, inputs: {x: in}, outputs: {y: out}} | steps[0].quality",
        "{select: [one], inputs: {x: in}, outputs: {y: out}} | step 'select-0': models: expected 2 to 8 models",
        "{canary: {one: 1}, inputs: {x: in}, outputs: {y: out}} | step 'canary-0': models: expected 2 to 8 models",
      })
  void whatIsWrongIsNamedWithItsStepAndField(String step, String message) throws IOException {
    ensemble("steps:\n  - " + step + "\n");

    RepositoryScan.Changes changes = scan.look(now);

    assertThat(changes.problems()).containsOnlyKeys("pipe");
    assertThat(changes.problems().get("pipe")).contains(message);
    assertThat(changes.targets()).containsOnlyKeys("model:one@1", "model:two@1");
  }
}
