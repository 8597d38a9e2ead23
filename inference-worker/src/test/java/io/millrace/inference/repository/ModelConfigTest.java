package io.millrace.inference.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigTest {

  private static final String WHOLE =
      """
      # A comment.
      name: "simple"; platform: 'onnxruntime' "_onnx"
      max_batch_size: 0x10,
      input [
        { name: "A" data_type: TYPE_INT32 dims: [ 16, -1 ] },
        { name: "B", data_type: TYPE_STRING, dims: 1 dims: 2 }
      ]
      output < name: "\\103\\x41\\u00e9\\n" data_type: TYPE_FP16 dims: [] >
      version_policy: { specific: { versions: [ 1, 3 ] } }
      instance_group [ { count: 2 kind: KIND_CPU } ]
      dynamic_batching {
        preferred_batch_size: [ 8, 4 ]
        max_queue_delay_microseconds: 100
        priority_levels: 3
        default_priority_level: 2
        default_queue_policy { max_queue_size: 7 default_timeout_microseconds: 500 }
      }
      parameters { key: "intra_op_thread_count" value: { string_value: "2" } }
      parameters: [ { key: "allow_nan", value { string_value: "true" } } ]
      model_warmup [ { batch_size: 4 inputs { key: "A" value { zero_data: true } } } ]
      optimization { graph { level: 1 } execution_accelerators { any_thing [ { x: 1.5e-3f } ] } }
      response_cache { enable: True }
      """;

  private static ModelConfig text(String text) {
    return ModelConfig.text(text, "config.pbtxt");
  }

  @Test
  void allOfTheTextFormatIsRead() {
    ModelConfig config = text(WHOLE);
    assertThat(config.name()).isEqualTo("simple");
    assertThat(config.platform()).isEqualTo("onnxruntime_onnx");
    assertThat(config.batchMax()).isEqualTo(16);
    assertThat(config.inputs())
        .containsExactly(
            new ModelConfig.End("A", TensorDatatype.INT32, List.of(16L, -1L)),
            new ModelConfig.End("B", TensorDatatype.BYTES, List.of(1L, 2L)));
    assertThat(config.outputs())
        .containsExactly(new ModelConfig.End("CA\u00e9\n", TensorDatatype.FP16, List.of()));
    assertThat(config.versions()).isEqualTo(new VersionPolicy.Specific(List.of(1L, 3L)));
    assertThat(config.instances()).isEqualTo(2);
    assertThat(config.batching())
        .isEqualTo(new ModelConfig.Batching(List.of(4, 8), 100L, 3, 2, 7, 500));
    assertThat(config.parameters())
        .containsEntry("intra_op_thread_count", "2")
        .containsEntry("allow_nan", "true");
    assertThat(config.warmups()).containsExactly(4);
    assertThat(config.graphLevel()).isEqualTo(1);
    assertThat(config.cached()).isTrue();
  }

  @Test
  void asJsonItSaysTheSame() {
    ModelConfig config = text(WHOLE);
    assertThat(ModelConfig.json(config.jsonText())).isEqualTo(config);
    assertThat(ModelConfig.json("{\"max_batch_size\":\"16\"}").batchMax())
        .as("protobuf puts long numbers in quotes")
        .isEqualTo(16);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "max_batch_size: 1 | max_batch_sise: 1 | line 2: unknown field 'max_batch_sise'",
        "name: \"a\" | name: \"b\" | line 2: 'name' is given twice",
        "name: \"a | x: 1 | line 1: a text without its closing",
        "# x | max_batch_size: many | line 2: expected a number, found 'many'",
        "# x | max_batch_size: 1.5 | takes a whole number",
        "# x | max_batch_size: 99999999999999999999 | is no number, or too large",
        "input { | } } | line 2: expected the name of a field, found '}'",
        "input { | name: \"a\" | expected the name of a field or '}', found the end",
        "input [ { } | { } ] | line 2: expected ',' or ']', found '{'",
        "# x | input: 3 | expected '{'",
        "# x | name { } | since 'name' is no message",
        "# x | name: [ \"a\" ] | takes one value, not a list",
        "# x | name \"a\" | expected ':' or '{' after 'name'",
        "# x | response_cache { enable: maybe } | expected true or false for 'enable'",
        "# x | name: \"\\q\" | line 2: an unknown escape \\q",
        "# x | input { data_type: TYPE_INT3 } | input[0].data_type is 'TYPE_INT3'",
        "# x | max_batch_size: -1 | max_batch_size is -1; expected a whole number from 0",
        "# x | version_policy { all { } latest { } } | only one may be given",
        "# x | default_model_filename: \"../x\" | default_model_filename is '../x'",
      })
  void whatIsWrongIsNamedWithItsLineOrField(String first, String second, String message) {
    assertThatThrownBy(() -> text(first + "\n" + second))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.code()).isEqualTo("MODEL_CONFIG_INVALID"))
        .hasMessageContaining(message.strip());
  }

  @Test
  void wrongJsonIsNamedByItsField() {
    assertThatThrownBy(() -> ModelConfig.json("{\"input\":[{\"name\":7}]}"))
        .hasMessageContaining("input[0].name is 7; expected a text");
    assertThatThrownBy(() -> ModelConfig.json("[]")).hasMessageContaining("not a JSON object");
    assertThatThrownBy(() -> ModelConfig.json("{")).hasMessageContaining("not JSON");
  }

  @Property
  void anyTextIsReadOrRefused(@ForAll String text) {
    try {
      text(text);
    } catch (ModelException e) {
      assertThat(e.code()).isEqualTo("MODEL_CONFIG_INVALID");
    }
  }

  @Provide
  Arbitrary<String> pieces() {
    return Arbitraries.of(
            "input",
            "name",
            "parameters",
            "key",
            "value",
            "x",
            ":",
            "{",
            "}",
            "[",
            "]",
            "<",
            ">",
            ",",
            ";",
            "\"t\"",
            "'",
            "\"",
            "\\",
            "-",
            "1",
            "0x",
            "09",
            "1.5",
            "1e",
            "TYPE_INT8",
            "true",
            "dims",
            "data_type",
            "optimization",
            "#",
            "\n",
            " ")
        .list()
        .ofMaxSize(60)
        .map(pieces -> String.join(" ", pieces));
  }

  @Property(tries = 5_000)
  void anyPiecesAreReadOrRefused(@ForAll("pieces") String text) {
    anyTextIsReadOrRefused(text);
  }

  @Test
  void messagesWithinMessagesEndSomewhere() {
    String deep = "optimization { cuda " + "{ x ".repeat(10_000);
    assertThatThrownBy(() -> text(deep)).hasMessageContaining("within more than");
  }

  @Test
  void policiesChooseTheVersionsThatAreServed() {
    Set<Long> present = Set.of(1L, 2L, 10L);
    assertThat(text("").versions().choose(present)).containsExactly(10L);
    assertThat(text("version_policy { latest { num_versions: 2 } }").versions().choose(present))
        .containsExactly(2L, 10L);
    assertThat(text("version_policy: { all { } }").versions().choose(present))
        .containsExactly(1L, 2L, 10L);
    assertThatThrownBy(
            () -> text("version_policy { specific { versions: 3 } }").versions().choose(present))
        .hasMessageContaining("[3]");
  }
}
