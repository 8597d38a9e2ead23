package io.millrace.platform.infer.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.inference.InferenceJson;
import io.millrace.schemas.serde.AvroSafety;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainInputsTest {
  static {
    AvroSafety.establish();
  }

  /** The shape, as the signature gives it, of the values. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-1,3    | [[1,2,3],[4,5,6]]     | [2,3]",
        "-1,3    | [1,2,3]               | [1,3]",
        "-1,3    | [1,2,3,4,5,6]         | [2,3]",
        "-1      | [1,2,3,4]             | [4]",
        "-1      | 7                     | [1]",
        "-1,1    | 7                     | [1,1]",
        "-1,-1   | [1,2]                 | [1,2]",
        "-1,-1   | [[1],[2]]             | [2,1]",
        "-1,2,2  | [[1,2],[3,4]]         | [1,2,2]",
        "-1,2,2  | [1,2,3,4]             | [1,2,2]",
        "-1,2,2  | [[[1,2],[3,4]]]       | [1,2,2]",
      })
  void theShapeFollowsFromTheSignatureAndTheNesting(String dims, String values, String shape) {
    String request = plain(dims, 32, "{\"x\": " + values + "}");

    assertThat(request).contains("\"shape\":" + shape, "\"datatype\":\"FP32\"");
    assertThat(InferenceJson.read(model(dims, 32), bytes(request), 1_000).event().getInputs())
        .hasSize(1);
  }

  @Test
  void aModelWithoutABatchDimensionTakesItsOwnShapeOnly() {
    assertThat(plain("2,2", 0, "{\"x\": [[1,2],[3,4]]}")).contains("\"shape\":[2,2]");
    assertThat(plain("2,2", 0, "{\"x\": [1,2,3,4]}")).contains("\"shape\":[2,2]");
    assertThatThrownBy(() -> plain("2,2", 0, "{\"x\": [1,2]}")).isInstanceOf(Refusal.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "-1,3       | {\"x\": [1,2]}              | x: has 2 values nested as [2]",
        "-1,-1,-1   | {\"x\": [1,2]}              | which does not say one shape of [-1, -1, -1]",
        "-1,3       | {\"x\": [[1,2,3],[4,5]]}    | x: is ragged after 3 values",
        "-1,3       | {\"x\": [[1,2,3],4]}        | x: is ragged after 3 values",
        "-1,3       | {\"x\": [1,[2],3]}          | x: expected a value after 1 values, but a list",
        "-1,3       | {\"x\": [1,null,3]}         | x: expected a value after 1 values, but no value",
        "-1,3       | {\"y\": [1,2,3]}            | 'y' is no input of model 'm'; expected [x]",
        "-1,3       | {}                          | input 'x' of model 'm' is missing",
        "-1,3       | [1,2,3]                     | expected a JSON object",
        "-1,3       | {\"x\": [1,2,3]} {}         | it is no JSON",
        "-1,3       | {\"x\": [1,2                | it is no JSON",
      })
  void whatHasNotOneMeaningIsRefused(String dims, String json, String message) {
    assertThatThrownBy(() -> plain(dims, 32, json))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining(message);
  }

  @Test
  void theProtocolsFormIsGivenBackAsItIs() {
    String json =
        "{\"id\": \"a\", \"inputs\": [{\"name\": \"x\", \"shape\": [1,3], \"datatype\": \"FP32\", \"data\": [1,2,3]}]}";

    assertThat(plain("-1,3", 32, json)).isEqualTo(json);
  }

  @Test
  void anInputThatIsCalledInputsIsAnInput() {
    TargetSpec model = model("-1,3", 32);
    model.getModel().getInputs().get(0).setName("inputs");

    assertThat(text(PlainInputs.request(model, bytes("{\"inputs\": [1,2,3]}"))))
        .contains("\"name\":\"inputs\"", "\"shape\":[1,3]");
  }

  @Test
  void aModelWithoutADeclaredSignatureNeedsTheProtocolsForm() {
    TargetSpec model = model("-1,3", 32);
    model.getModel().setInputs(List.of());

    assertThatThrownBy(() -> PlainInputs.request(model, bytes("{\"x\": [1,2,3]}")))
        .hasMessageContaining("declares no inputs");
  }

  private static String plain(String dims, int batchMax, String json) {
    return text(PlainInputs.request(model(dims, batchMax), bytes(json)));
  }

  private static TargetSpec model(String dims, int batchMax) {
    List<Long> shape = Arrays.stream(dims.split(",")).map(d -> Long.valueOf(d.strip())).toList();
    return TargetSpec.newBuilder()
        .setName("m")
        .setModel(
            ModelSpec.newBuilder()
                .setInputs(List.of(new TensorSignature("x", TensorDatatype.FP32, shape)))
                .setBatchMax(batchMax)
                .build())
        .build();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
