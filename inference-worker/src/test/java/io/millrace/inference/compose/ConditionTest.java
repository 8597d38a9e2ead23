package io.millrace.inference.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.Tensor;
import io.millrace.inference.ModelException;
import io.millrace.inference.fixture.Tensors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConditionTest {
  private static final Map<String, Tensor> TENSORS =
      Map.of("x", Tensors.floats("x", List.of(2L, 2L), 0.1f, 0.9f, 0.4f, 0.6f));
  private static final Map<String, String> PARAMETERS = Map.of("tier", "\"gold\"", "beams", "4");

  private static Condition compiled(String expression) {
    return Condition.compile("step 's'", expression, List.of("x"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "x.shape[0] == 2 && x.rank == 2 && x.size == 4 && x.bytes == 16; true",
        "x.max > 0.8 && x.min < 0.2; true",
        "x.mean == 0.5; false",
        "x.mean > 0.49 && x.mean < 0.51; true",
        "x.std > 1; false",
        "x.confidence < 0.7; true",
        "x.confidence < 0.5; false",
        "tenant == 'acme'; true",
        "parameters.tier == 'gold' && parameters.beams >= 4; true",
        "'other' in parameters; false",
        "tenant.matches('^a.*e$'); true"
      })
  void itLooksAtTensorsParametersAndTenant(String expression, boolean holds) {
    assertThat(compiled(expression).holds(TENSORS, PARAMETERS, "acme")).isEqualTo(holds);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "x.maximum > 1; maximum",
        "y.max > 1; y",
        "x.max; bool",
        "x.max > 'a'; overload",
        "x.max >; mismatched",
        "[1, 2].all(i, i > 0); undeclared",
      })
  void whatIsWrongIsFoundWhenItIsDeclared(String expression, String named) {
    assertThatThrownBy(() -> compiled(expression))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("step 's'")
        .hasMessageContaining(named);
  }

  @Test
  void anExpressionThatIsTooLongOrTooDeepIsRefused() {
    assertThatThrownBy(() -> compiled("x.max > 1 " + "|| x.max > 2 ".repeat(200)))
        .isInstanceOf(ModelException.class);
    assertThatThrownBy(() -> compiled("(".repeat(100) + "true" + ")".repeat(100)))
        .isInstanceOf(ModelException.class);
  }

  @Test
  void aParameterThatIsMissingFailsTheRequestAndNamesTheStep() {
    assertThatThrownBy(() -> compiled("parameters.none == 1").holds(TENSORS, Map.of(), "acme"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("step 's' cannot be told")
        .hasMessageContaining("none");
  }

  @Test
  void theTensorsThatItMentionsAreFound() {
    assertThat(Condition.mentioned("a.max > 1 && b_1.shape[0] < 2 || parameters.size == tenant"))
        .containsExactly("a", "b_1");
  }
}
