package io.millrace.platform.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompatibilityLevelTest {

  private static final Schema ONE = schema("{'name':'a','type':'int'}");
  private static final Schema REQUIRED_ADDED =
      schema("{'name':'a','type':'int'},{'name':'b','type':'int'}");
  private static final Schema OPTIONAL_ADDED =
      schema("{'name':'a','type':'int'},{'name':'b','type':'int','default':0}");

  @ParameterizedTest
  @CsvSource({
    "NONE, true, true, true",
    "BACKWARD, false, true, true",
    "BACKWARD_TRANSITIVE, false, true, true",
    "FORWARD, true, true, false",
    "FORWARD_TRANSITIVE, true, true, false",
    "FULL, false, true, false",
    "FULL_TRANSITIVE, false, true, false",
  })
  void eachLevelLetsThroughItsOwnChanges(
      CompatibilityLevel level, boolean required, boolean optional, boolean requiredRemoved) {
    assertThat(level.problems(REQUIRED_ADDED, List.of(ONE)).isEmpty()).isEqualTo(required);
    assertThat(level.problems(OPTIONAL_ADDED, List.of(ONE)).isEmpty()).isEqualTo(optional);
    assertThat(level.problems(ONE, List.of(REQUIRED_ADDED)).isEmpty()).isEqualTo(requiredRemoved);
    assertThat(level.problems(ONE, List.of(OPTIONAL_ADDED))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "BACKWARD, true",
    "BACKWARD_TRANSITIVE, false",
    "FORWARD, true",
    "FULL, true",
    "FULL_TRANSITIVE, false"
  })
  void onlyTransitiveLevelsLookPastTheLatest(CompatibilityLevel level, boolean fits) {
    // Fits the latest, which has no 'b'; contradicts the one before, whose 'b' is a number.
    Schema text = schema("{'name':'a','type':'int'},{'name':'b','type':'string','default':''}");
    assertThat(level.problems(text, List.of(OPTIONAL_ADDED, ONE)).isEmpty()).isEqualTo(fits);
  }

  private static Schema schema(String fields) {
    return AvroText.parse(
        ("{'type':'record','name':'R','fields':[" + fields + "]}").replace('\'', '"'));
  }
}
