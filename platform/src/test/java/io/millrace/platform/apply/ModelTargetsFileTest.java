package io.millrace.platform.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.events.Fallback;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.inference.runtime.ModelFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelTargetsFileTest {
  private static final String NONE =
      "0000000000000000000000000000000000000000000000000000000000000000";

  @TempDir Path folder;
  private Path tiny;

  @BeforeEach
  void models() throws Exception {
    tiny = folder.resolve("tiny.onnx");
    SeededModels.tiny().write(tiny);
    OnnxGraph fixed = new OnnxGraph("fixed");
    fixed.node(
        "Identity",
        java.util.Map.of(),
        List.of(fixed.input("x", TensorDatatype.FP32, 3)),
        List.of("y"));
    fixed.output("y", TensorDatatype.FP32, 3);
    fixed.write(folder.resolve("fixed.onnx"));
    Files.writeString(folder.resolve("text.onnx"), "this is no model");
  }

  private TargetSpec one(String yaml) throws InvalidDocumentException {
    return TargetsFile.parse(folder.resolve("targets.yaml").toString(), yaml).targets().get(0);
  }

  private List<String> problems(String yaml) {
    InvalidDocumentException e =
        catchThrowableOfType(InvalidDocumentException.class, () -> one(yaml));
    return e.problems().stream()
        .map(problem -> problem.toString().replace(folder.toString(), ""))
        .toList();
  }

  @Test
  void whatIsNotSaidIsReadFromTheFile() throws Exception {
    TargetSpec spec =
        one("targets: [{kind: model, name: sum, version: 3, pool: gpu, model: {uri: tiny.onnx}}]");

    assertThat(spec.getTarget()).isEqualTo("model:sum@3");
    assertThat(spec.getKind()).isEqualTo(TargetKind.MODEL);
    assertThat(spec.getPool()).isEqualTo("gpu");
    assertThat(spec.getIdempotent()).isTrue();
    assertThat(spec.getReadOnly()).isTrue();
    assertThat(spec.getCacheTtlMs()).isNull();
    assertThat(spec.getModel().getUri()).isEqualTo(tiny.toUri().toString());
    assertThat(spec.getModel().getSha256()).isEqualTo(ModelFile.sha256(tiny));
    assertThat(spec.getModel().getObjective()).isEqualTo("balanced");
    assertThat(spec.getModel().getBatchMax()).isEqualTo(32);
    assertThat(spec.getModel().getInputs())
        .containsExactly(
            new TensorSignature("INPUT0", TensorDatatype.INT32, List.of(-1L, 16L)),
            new TensorSignature("INPUT1", TensorDatatype.INT32, List.of(-1L, 16L)));
  }

  @Test
  void whatIsSaidHolds() throws Exception {
    TargetSpec spec =
        one(
            """
            targets:
              - kind: model
                name: sum
                model:
                  uri: file://%s
                  sha256: %s
                  objective: throughput
                  config:
                    max_batch_size: 16
                    response_cache: {enable: true}
                    dynamic_batching: {preferred_batch_size: [8], max_queue_delay_microseconds: 500}
                  inputs:
                    - {name: INPUT0, datatype: INT32, shape: [-1, 16]}
                    - {name: INPUT1, datatype: INT32, shape: [-1, 16]}
                idempotent: false
                deadline: 5s
                timeout: 1s
            """
                .formatted(tiny, ModelFile.sha256(tiny)));

    assertThat(spec.getModel().getObjective()).isEqualTo("throughput");
    assertThat(spec.getModel().getBatchMax()).isEqualTo(16);
    assertThat(spec.getModel().getConfig()).contains("\"preferred_batch_size\":[8]");
    assertThat(spec.getIdempotent()).isFalse();
    assertThat(spec.getReadOnly()).isFalse();
    assertThat(spec.getCacheTtlMs()).isEqualTo(300_000);
    assertThat(spec.getDeadlineMs()).isEqualTo(5_000);
  }

  @Test
  void aConfigurationMayBeAFileBeside() throws Exception {
    Files.writeString(folder.resolve("config.pbtxt"), "max_batch_size: 4\n");

    TargetSpec spec =
        one("targets: [{kind: model, name: sum, model: {uri: tiny.onnx, config: config.pbtxt}}]");

    assertThat(spec.getModel().getBatchMax()).isEqualTo(4);
  }

  @Test
  void aFileThatOnlyTheWorkersHaveMustBeDescribed() throws Exception {
    String described =
        "targets: [{kind: model, name: m, model: {uri: 'file:///srv/m.onnx', sha256: %s, batch_max: 8,"
                .formatted(NONE)
            + " inputs: [{name: x, datatype: FP32, shape: [-1, 3]}], outputs: [{name: y, datatype: FP32, shape: [-1]}]}}]";

    TargetSpec spec = one(described);

    assertThat(spec.getModel().getUri()).isEqualTo("file:///srv/m.onnx");
    assertThat(spec.getModel().getBatchMax()).isEqualTo(8);
    assertThat(spec.getModel().getOutputs()).hasSize(1);
    assertThat(problems("targets: [{kind: model, name: m, model: {uri: 'file:///srv/m.onnx'}}]"))
        .singleElement()
        .asString()
        .contains("there is no file to read at /srv/m.onnx", "sha256, inputs and outputs");
  }

  @Test
  void aModelMayFallBackToAnother() throws Exception {
    TargetSpec spec =
        one(
            """
            targets:
              - {kind: model, name: big, model: {uri: tiny.onnx}, fallback: [{model: small}, {model: old, version: 2}]}
            """);

    assertThat(spec.getFallbacks().stream().map(Fallback::getTarget))
        .containsExactly("model:small@1", "model:old@2");
    assertThat(
            problems(
                "targets: [{kind: model, name: m, model: {uri: tiny.onnx}, fallback: [{tool: t}]}]"))
        .anySatisfy(problem -> assertThat(problem).contains("fallback[0].model: is missing"));
  }

  /** The second of the lines is wrong. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "uri: text.onnx                              | model.uri: ",
        "uri: none.onnx                              | model.uri: there is no file to read at /none.onnx",
        "uri: 'https://example.org/m.onnx'           | model.uri: is of 'https'; expected a file",
        "uri: tiny.onnx, sha256: 12ab                | model.sha256: expected 64 hexadecimal digits",
        "uri: tiny.onnx, sha256: " + NONE + "        | model.sha256: /tiny.onnx hashes to ",
        "uri: tiny.onnx, objective: speed            | model.objective: 'speed' is not known",
        "uri: tiny.onnx, shape: 3                    | model.shape: is no key that is known here",
        "uri: tiny.onnx, config: {max_batch_size: x} | model.config: ",
        "uri: tiny.onnx, config: none.pbtxt          | model.config: cannot be read",
        "uri: fixed.onnx, config: {max_batch_size: 8} | model.config: max_batch_size is 8, but the first dimension of input 'x'",
        "uri: fixed.onnx, batch_max: 4               | model.batch_max: is given, but the model has no batch dimension",
        "uri: tiny.onnx, inputs: [{name: z, datatype: INT32, shape: [16]}] | model.inputs: the model has no input 'z'; it has INPUT0 INT32 [-1, 16]",
        "uri: tiny.onnx, inputs: [{name: INPUT0, datatype: FP32, shape: [-1, 16]}] | model.inputs: INPUT0 FP32 [-1, 16] is given, but input 'INPUT0' of the model is INT32 [-1, 16]",
        "uri: tiny.onnx, inputs: [{name: INPUT0, datatype: INT32, shape: [-1, 16]}] | model.inputs: the model has INPUT0",
        "uri: tiny.onnx, inputs: [{name: INPUT0, datatype: INT, shape: [-1, 16]}] | model.inputs[0].datatype: 'INT' is not known",
        "uri: tiny.onnx, inputs: [{name: INPUT0, datatype: INT32, shape: [-2]}] | model.inputs[0].shape: expected at most 64 lengths",
        "sha256: " + NONE + "                        | model.uri: is missing",
      })
  void badModelsAreRefusedWithTheLine(String model, String expected) {
    List<String> problems =
        problems("targets:\n  - {kind: model, name: m, model: {" + model + "}}\n");

    assertThat(problems)
        .anySatisfy(problem -> assertThat(problem).contains("targets.yaml:2", expected));
  }

  @Test
  void whatIsNoModelAndWhatHasNone() {
    assertThat(problems("targets: [{kind: model, name: m}]"))
        .anySatisfy(p -> assertThat(p).contains("a model needs model: {uri: FILE}"));
    assertThat(problems("targets: [{name: t, builtin: echo, model: {uri: tiny.onnx}}]"))
        .anySatisfy(p -> assertThat(p).contains("model: is no key that is known here"));
  }
}
