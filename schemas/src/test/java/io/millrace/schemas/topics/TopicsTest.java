package io.millrace.schemas.topics;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.schemas.evolution.SchemaFiles;
import io.millrace.schemas.fixtures.Repository;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsTest {

  /** The rows of the design's table of topics, families as their prefix. */
  private static final List<String> DESIGN =
      List.of(
          "tool.plans",
          "tool.plan-results",
          "tool.calls",
          "tool.results",
          "tool.tasks.<pool>",
          "tool.attempts",
          "tool.cancels",
          "tool.controls",
          "inference.requests",
          "inference.results",
          "inference.tasks.<pool>",
          "inference.attempts",
          "inference.cancels",
          "inference.controls",
          "workers",
          "mesh.messages",
          "mesh.deliveries",
          "mesh.receipts",
          "mesh.peers",
          "training.jobs",
          "training.workers",
          "training.assignments",
          "training.steps",
          "training.commands",
          "training.checkpoints",
          "pipeline.runs",
          "pipeline.logs",
          "pipeline.failures",
          "pipeline.diagnoses",
          "healing.actions",
          "healing.outcomes",
          "targets",
          "health.summaries",
          "health.status",
          "scaling.decisions",
          "alerts",
          "audit",
          "usage",
          "rejections");

  private static final Set<String> COMPACTED =
      Set.of(
          "workers",
          "mesh.peers",
          "targets",
          "health.status",
          "scaling.decisions",
          "cache.invalidations",
          "inference.splits");

  @Test
  void everyTopicOfTheDesignIsInTheCatalogue() {
    assertThat(every()).extracting(Topic::name).containsAll(DESIGN);
  }

  @Test
  void noNameStandsTwice() {
    assertThat(every()).extracting(Topic::name).doesNotHaveDuplicates();
  }

  @Test
  void namesAreAreaDotThing() {
    assertThat(Topics.all())
        .extracting(Topic::name)
        .allMatch(name -> name.matches("[a-z]+(\\.[a-z]+(-[a-z]+)*)?"));
  }

  @Test
  void everyMessageHasATopicAndEveryTopicCarriesAMessage() {
    Set<String> carried = every().stream().map(topic -> topic.record().getName()).collect(toSet());

    assertThat(carried)
        .as(
            "a record without a topic goes into the catalogue, or below avro/shared if it is a part")
        .isEqualTo(
            SchemaFiles.readMessages(Repository.AVRO).values().stream()
                .map(Schema::getFullName)
                .collect(toSet()));
  }

  @Test
  void exactlyTheTopicsOfStatesAreCompacted() {
    assertThat(every())
        .filteredOn(topic -> topic.cleanup() == Topic.Cleanup.COMPACT)
        .extracting(Topic::name)
        .containsExactlyInAnyOrderElementsOf(COMPACTED);
  }

  @Test
  void aTopicGivesKafkaItsSettings() {
    assertThat(Topics.TOOL_CONTROLS.config())
        .containsEntry("cleanup.policy", "delete")
        .containsEntry("retention.ms", "600000")
        .containsEntry("max.message.bytes", "4194304");
    assertThat(Topics.HEALTH_STATUS.config())
        .containsEntry("cleanup.policy", "compact")
        .containsEntry("min.compaction.lag.ms", "604800000")
        .doesNotContainKey("retention.ms");
    assertThat(Topics.TOOL_CACHED.config())
        .containsEntry("cleanup.policy", "compact,delete")
        .containsEntry("retention.ms", "604800000")
        .doesNotContainKey("min.compaction.lag.ms");
  }

  @Test
  void callsAttemptsAndTheirRepartitionTopicHaveEqualPartitionCounts() {
    assertThat(Topics.TOOL_ATTEMPTS.spread())
        .isEqualTo(Topics.TOOL_CALLS.spread())
        .isEqualTo(Topics.TOOL_CALLS_ROUTED.spread());
    assertThat(InferenceTopics.ATTEMPTS.spread()).isEqualTo(InferenceTopics.REQUESTS.spread());
  }

  @Test
  void tasksAreAFamilyByPool() {
    assertThat(Topics.toolTasks("gpu-2").name()).isEqualTo("tool.tasks.gpu-2");
    assertThat(Topics.inferenceTasks("gpu-2").name()).isEqualTo("inference.tasks.gpu-2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "GPU", "a.b", "a_b", "<pool>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
  void whatIsNoPoolNameIsRefused(String pool) {
    assertThatThrownBy(() -> Topics.toolTasks(pool))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + pool + "'")
        .hasMessageContaining("[a-z0-9-]{1,40}");
    assertThatThrownBy(() -> Topics.inferenceTasks(pool))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Topic<?>> every() {
    return Stream.concat(Topics.all().stream(), Topics.families().stream())
        .<Topic<?>>map(topic -> topic)
        .toList();
  }
}
