package io.millrace.platform.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Targets that a remote server runs. */
class RemoteModelTest {

  private static TargetSpec read(String target) throws InvalidDocumentException {
    return TargetsFile.parse("targets.yaml", "targets: [" + target + "]").targets().get(0);
  }

  @Test
  void aServersModelIsNamedByItsAddress() throws Exception {
    TargetSpec target =
        read(
            "{name: a, kind: model, version: '2', oip: {url: 'http://h:8000/', model: b, version: 3}}");

    assertThat(target.getTarget()).isEqualTo("model:a@2");
    assertThat(target.getModel().getUri()).isEqualTo("http://h:8000/v2/models/b/versions/3");
    assertThat(target.getModel().getInputs()).isEmpty();
    assertThat(read("{name: a, kind: model, oip: {url: 'https://h/x'}}").getModel().getUri())
        .isEqualTo("https://h/x/v2/models/a");
  }

  @Test
  void inputsAndOutputsMayBeSaid() throws Exception {
    ModelSpec model =
        read("{name: a, kind: model, oip: {url: 'http://h', batch_max: 8,"
                + " inputs: [{name: x, datatype: FP32, shape: [-1, 2]}],"
                + " outputs: [{name: y, datatype: BYTES, shape: []}]}}")
            .getModel();

    assertThat(model.getInputs())
        .containsExactly(new TensorSignature("x", TensorDatatype.FP32, List.of(-1L, 2L)));
    assertThat(model.getOutputs())
        .containsExactly(new TensorSignature("y", TensorDatatype.BYTES, List.of()));
    assertThat(model.getBatchMax()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{name: a, kind: tool, builtin: echo, oip: {url: 'http://h'}} | oip: only a model",
        "{name: a, kind: model, oip: {}} | oip.url: is missing",
        "{name: a, kind: model, oip: {url: 'h:8000'}} | oip.url: expected the URL of a server",
        "{name: a, kind: model, oip: {url: 'http://h', urll: x}} | oip.urll: is no key",
        "{name: a, kind: model, oip: {url: 'http://h', inputs: [{name: x, datatype: FP32, shape: [1]}]}} | oip.outputs: are missing",
        "{name: a, kind: model, oip: {url: 'http://h', inputs: [{name: x, datatype: F32, shape: [1]}]}} | oip.inputs[0].datatype: expected FP32",
        "{name: a, kind: model, oip: {url: 'http://h', inputs: [{name: x, datatype: FP32, shape: [-2]}]}} | oip.inputs[0].shape: has '-2'",
        "{name: a, kind: model, oip: {url: 'http://h', inputs: [{name: x, datatype: FP32}]}} | oip.inputs[0].shape: is missing"
      })
  void whatIsWrongIsNamed(String target, String problem) {
    assertThatThrownBy(() -> read(target))
        .isInstanceOf(InvalidDocumentException.class)
        .hasMessageContaining("targets[0]." + problem);
  }
}
