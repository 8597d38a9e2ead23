package io.millrace.schemas.evolution;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.schemas.fixtures.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CompatibilityTest {

  private static final Schema RELEASED =
      SchemaBuilder.record("Thing")
          .fields()
          .requiredString("id")
          .name("state")
          .type(
              SchemaBuilder.enumeration("State").defaultSymbol("UNKNOWN").symbols("UNKNOWN", "ON"))
          .withDefault("UNKNOWN")
          .name("count")
          .type()
          .longType()
          .longDefault(0)
          .endRecord();

  static List<Path> releases() throws IOException {
    try (Stream<Path> folders = Files.list(Repository.RELEASED)) {
      return folders.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void everySchemaIsFullyCompatibleWithEveryRelease(Path release) {
    SortedMap<String, Schema> released = SchemaFiles.readSelfContained(release);

    assertThat(released).isNotEmpty();
    assertThat(
            Compatibility.problems(
                SchemaFiles.readMessages(Repository.AVRO),
                release.getFileName().toString(),
                released))
        .isEmpty();
  }

  @Test
  void aNewFieldWithADefaultAndANewSymbolAreCompatible() {
    Schema now =
        SchemaBuilder.record("Thing")
            .fields()
            .requiredString("id")
            .name("state")
            .type(
                SchemaBuilder.enumeration("State")
                    .defaultSymbol("UNKNOWN")
                    .symbols("UNKNOWN", "ON", "OFF"))
            .withDefault("UNKNOWN")
            .name("count")
            .type()
            .longType()
            .longDefault(0)
            .name("size_bytes")
            .type()
            .longType()
            .longDefault(0)
            .endRecord();

    assertThat(problems(now)).isEmpty();
  }

  @Test
  void aNewFieldWithoutADefaultIsNamedWithWhatToDo() {
    Schema now =
        SchemaBuilder.record("Thing")
            .fields()
            .requiredString("id")
            .name("state")
            .type(
                SchemaBuilder.enumeration("State")
                    .defaultSymbol("UNKNOWN")
                    .symbols("UNKNOWN", "ON"))
            .withDefault("UNKNOWN")
            .name("count")
            .type()
            .longType()
            .longDefault(0)
            .requiredString("added")
            .endRecord();

    assertThat(problems(now))
        .singleElement()
        .asString()
        .startsWith("Thing cannot read what v1 wrote")
        .contains("added")
        .contains("undo the change");
  }

  @Test
  void aFieldThatWasRemovedOrRetypedIsNoticedInTheOtherDirection() {
    Schema now =
        SchemaBuilder.record("Thing")
            .fields()
            .name("state")
            .type(
                SchemaBuilder.enumeration("State")
                    .defaultSymbol("UNKNOWN")
                    .symbols("UNKNOWN", "ON"))
            .withDefault("UNKNOWN")
            .name("count")
            .type()
            .doubleType()
            .doubleDefault(0)
            .endRecord();

    assertThat(problems(now))
        .anyMatch(
            text -> text.startsWith("v1 cannot read what Thing writes") && text.contains("id"))
        .anyMatch(text -> text.contains("TYPE_MISMATCH") && text.contains("DOUBLE"));
  }

  @Test
  void aRecordThatIsGoneIsNoticed() {
    assertThat(Compatibility.problems(new TreeMap<>(), "v1", byName(RELEASED)))
        .singleElement()
        .asString()
        .contains("Thing was released in v1 and is gone");
  }

  private static List<String> problems(Schema now) {
    return Compatibility.problems(byName(now), "v1", byName(RELEASED));
  }

  private static SortedMap<String, Schema> byName(Schema schema) {
    return new TreeMap<>(Map.of(schema.getFullName(), schema));
  }
}
