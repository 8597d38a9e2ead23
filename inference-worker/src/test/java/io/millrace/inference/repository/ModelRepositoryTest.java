package io.millrace.inference.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
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

class ModelRepositoryTest {

  @TempDir Path directory;
  private ModelRepository repository;

  @BeforeEach
  void aModelOfTwoVersions() throws IOException {
    repository = new ModelRepository(directory);
    SeededModels.tiny().write(directory.resolve("tiny/1/model.onnx"));
    SeededModels.tiny().write(directory.resolve("tiny/2/model.onnx"));
    Files.createDirectories(directory.resolve("notes"));
    Files.writeString(directory.resolve("README"), "not a model");
  }

  private void config(String text) throws IOException {
    Files.writeString(directory.resolve("tiny/config.pbtxt"), text);
  }

  @Test
  void withoutConfigurationAllIsDerivedFromTheModel() {
    assertThat(repository.models()).containsExactly("tiny");
    List<ModelRepository.Version> versions = repository.versions("tiny");
    assertThat(versions).hasSize(1);
    assertThat(versions.get(0).version()).isEqualTo(2);
    assertThat(versions.get(0).contract().model())
        .isEqualTo(
            new Signature(
                List.of(
                    new TensorSignature("INPUT0", TensorDatatype.INT32, List.of(-1L, 16L)),
                    new TensorSignature("INPUT1", TensorDatatype.INT32, List.of(-1L, 16L))),
                List.of(
                    new TensorSignature("OUTPUT0", TensorDatatype.INT32, List.of(-1L, 16L)),
                    new TensorSignature("OUTPUT1", TensorDatatype.INT32, List.of(-1L, 16L))),
                Signature.BATCH_MAX_DEFAULT));
  }

  @Test
  void theConfigurationChoosesVersionsAndOutputs() throws IOException {
    config(
        """
        name: "tiny" platform: "onnxruntime_onnx" max_batch_size: 8
        version_policy { all { } }
        output { name: "OUTPUT1" data_type: TYPE_INT32 dims: 16 }
        """);
    List<ModelRepository.Version> versions = repository.versions("tiny");
    assertThat(versions).extracting(ModelRepository.Version::version).containsExactly(1L, 2L);
    assertThat(versions.get(0).contract().model().batchMax()).isEqualTo(8);
    assertThat(versions.get(0).contract().model().outputs())
        .extracting(TensorSignature::getName)
        .containsExactly("OUTPUT1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: \"other\" | name is 'other', but the directory is 'tiny'",
        "platform: \"tensorrt_plan\" | only onnxruntime_onnx is served",
        "input { name: \"INPUT0\" data_type: TYPE_FP32 dims: 16 } input { name: \"INPUT1\" data_type: TYPE_INT32 dims: 16 } | input 'INPUT0' has data_type FP32, but INT32 in the model",
        "input { name: \"INPUT0\" data_type: TYPE_INT32 dims: 15 } input { name: \"INPUT1\" data_type: TYPE_INT32 dims: 16 } | input 'INPUT0' has dims [15]",
        "input { name: \"INPUT0\" data_type: TYPE_INT32 dims: [ 16, 1 ] } input { name: \"INPUT1\" data_type: TYPE_INT32 dims: 16 } | input 'INPUT0' has dims [16, 1]",
        "input { name: \"INPUT9\" data_type: TYPE_INT32 dims: 16 } | input 'INPUT9' is not in the model",
        "input { name: \"INPUT0\" data_type: TYPE_INT32 dims: 16 } | input 'INPUT1' of the model is missing",
        "output { name: \"X\" data_type: TYPE_INT32 dims: 16 } | output 'X' is not in the model",
        "max_batch_size: 0 input { name: \"INPUT0\" data_type: TYPE_INT32 dims: 16 } input { name: \"INPUT1\" data_type: TYPE_INT32 dims: 16 } | input 'INPUT0' has dims [16], but [-1, 16] in the model",
        "ensemble_scheduling { } | is an ensemble",
        "version_policy { specific { versions: 7 } } | [7]",
      })
  void aConfigurationThatContradictsItsModelIsRefusedByField(String text, String message)
      throws IOException {
    config(text);
    assertThatThrownBy(() -> repository.versions("tiny")).hasMessageContaining(message);
  }

  @Test
  void aModelWhoseRowsAreFixedHasNoBatches() throws IOException {
    OnnxGraph graph = new OnnxGraph("fixed");
    String input = graph.input("x", TensorDatatype.FP32, 1, 3);
    graph.node("Relu", Map.of(), List.of(input), List.of("y"));
    graph.output("y", TensorDatatype.FP32, 1, 3);
    graph.write(directory.resolve("fixed/1/model.onnx"));
    assertThat(repository.versions("fixed").get(0).contract().model().batchMax()).isZero();
    Files.writeString(directory.resolve("fixed/config.pbtxt"), "max_batch_size: 4");
    assertThatThrownBy(() -> repository.versions("fixed"))
        .hasMessageContaining("max_batch_size is 4")
        .hasMessageContaining("input 'x', output 'y'");
  }

  @Test
  void whatIsNotThereIsNamed() throws IOException {
    assertThatThrownBy(() -> repository.versions("absent")).hasMessageContaining("'absent'");
    assertThatThrownBy(() -> repository.versions("../tiny")).hasMessageContaining("'../tiny'");
    assertThatThrownBy(() -> repository.versions("notes")).hasMessageContaining("no version");
    Files.writeString(directory.resolve("tiny/2/model.onnx"), "garbage");
    assertThatThrownBy(() -> repository.versions("tiny"))
        .hasMessageContaining("model.onnx is not an ONNX model");
    assertThatThrownBy(() -> new ModelRepository(directory.resolve("none")).models())
        .hasMessageContaining("none");
  }
}
