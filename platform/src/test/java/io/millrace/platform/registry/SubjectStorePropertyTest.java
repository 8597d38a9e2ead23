package io.millrace.platform.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.platform.registry.RegistryRecord.SchemaVersion;
import io.millrace.platform.registry.SubjectCommands.Decision;
import io.millrace.platform.registry.SubjectStore.Visibility;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.avro.Schema;

/** Laws of the registry's state under random sequences of requests. */
class SubjectStorePropertyTest {

  private static final List<String> SUBJECTS = List.of("a-value", "b-value", "c-value");

  private static final List<CompatibilityLevel> LEVELS = List.of(CompatibilityLevel.values());

  /** One request: which operation, on which subject, with which schema or version. */
  record Step(int operation, String subject, int choice) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 9),
            Arbitraries.of(SUBJECTS),
            Arbitraries.integers().between(1, 5))
        .as(Step::new)
        .list()
        .ofMaxSize(60);
  }

  /** A run of requests, with the log they made. */
  private static final class Run {
    final SubjectStore store = new SubjectStore();
    final SubjectCommands commands = new SubjectCommands(store);
    final List<RegistryRecord> log = new ArrayList<>();
    final Map<Integer, String> everGiven = new HashMap<>();

    void take(Step step) {
      try {
        switch (step.operation()) {
          case 0, 1, 2, 3, 4 -> {
            SchemaVersion v = write(() -> commands.register(step.subject(), schema(step.choice())));
            assertThat(everGiven.putIfAbsent(v.id(), v.schema())).isIn(null, v.schema());
          }
          case 5 -> write(() -> commands.deleteSubject(step.subject(), false));
          case 6 -> write(() -> commands.deleteSubject(step.subject(), true));
          case 7 ->
              write(
                  () ->
                      commands.deleteVersion(
                          step.subject(), new VersionSpec(step.choice()), false));
          case 8 ->
              write(
                  () ->
                      commands.deleteVersion(step.subject(), new VersionSpec(step.choice()), true));
          default -> write(() -> commands.setLevel(step.subject(), LEVELS.get(step.choice())));
        }
      } catch (RegistryException refused) {
        assertThat(refused.code()).isGreaterThanOrEqualTo(404);
      }
    }

    <T> T write(Supplier<Decision<T>> change) {
      Decision<T> decision = change.get();
      log.addAll(decision.records());
      decision.records().forEach(store::apply);
      return decision.answer();
    }
  }

  private static Schema schema(int variant) {
    return AvroText.parse(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f"
            + variant
            + "\",\"type\":\"int\",\"default\":0}]}");
  }

  private static Run run(List<Step> steps) {
    Run run = new Run();
    steps.forEach(run::take);
    return run;
  }

  private static List<Object> contents(SubjectStore store) {
    List<Object> all = new ArrayList<>(store.all(Visibility.WITH_DELETED));
    all.add(store.lastId());
    SUBJECTS.forEach(s -> all.add(store.levelOf(s)));
    return all;
  }

  @Property(tries = 300)
  void oneIdNeverStandsForTwoSchemasAndOneSchemaHasOneId(@ForAll("steps") List<Step> steps) {
    Run run = run(steps);
    Map<Integer, String> texts = new HashMap<>();
    Map<String, Integer> ids = new HashMap<>();
    for (SchemaVersion v : run.store.all(Visibility.WITH_DELETED)) {
      assertThat(texts.putIfAbsent(v.id(), v.schema())).isIn(null, v.schema());
      assertThat(ids.putIfAbsent(v.schema(), v.id())).isIn(null, v.id());
    }
  }

  @Property(tries = 300)
  void replayingTheLogGivesTheSameState(@ForAll("steps") List<Step> steps) throws IOException {
    Run run = run(steps);
    SubjectStore replayed = new SubjectStore();
    for (RegistryRecord change : run.log) {
      RecordCodec.Encoded encoded = RecordCodec.encode(change);
      RecordCodec.decode(encoded.key(), encoded.value()).ifPresent(replayed::apply);
    }
    assertThat(contents(replayed)).isEqualTo(contents(run.store));
  }

  @Property(tries = 300)
  void replayingTheCompactedLogGivesTheSameState(@ForAll("steps") List<Step> steps)
      throws IOException {
    Run run = run(steps);
    Map<String, RegistryRecord> compacted = new LinkedHashMap<>();
    for (RegistryRecord change : run.log) {
      RecordCodec.Encoded encoded = RecordCodec.encode(change);
      String key = new String(encoded.key(), StandardCharsets.UTF_8);
      compacted.remove(key);
      if (encoded.value() != null) {
        compacted.put(key, change);
      }
    }
    SubjectStore replayed = new SubjectStore();
    compacted.values().forEach(replayed::apply);
    assertThat(contents(replayed)).isEqualTo(contents(run.store));
  }

  @Property(tries = 300)
  void registeringAgainChangesNothing(@ForAll("steps") List<Step> steps) {
    Run run = run(steps);
    for (SchemaVersion v : run.store.all(Visibility.LIVE)) {
      Decision<SchemaVersion> again =
          run.commands.register(v.subject(), AvroText.parse(v.schema()));
      assertThat(again.records()).isEmpty();
      assertThat(again.answer().id()).isEqualTo(v.id());
    }
  }

  @Property(tries = 300)
  void whatIsNotRegisteredGetsAnIdThatWasNeverGiven(@ForAll("steps") List<Step> steps) {
    Run run = run(steps);
    SchemaVersion fresh = run.commands.register("fresh-value", schema(99)).answer();
    assertThat(run.everGiven).doesNotContainKey(fresh.id());
  }
}
