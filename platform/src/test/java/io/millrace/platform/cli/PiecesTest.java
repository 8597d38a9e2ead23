package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.Alert;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.topics.RecordKeys;
import io.millrace.schemas.topics.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help;

class PiecesTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-01-31T12:00:00Z"));

  @Test
  void anAbsentIdIsMadeAndAGivenOneIsKept() {
    RecordLines<ToolCall> lines = new RecordLines<>(ToolCall.class, CLOCK, new Random(1));

    assertThat(lines.read("f:1", "{\"target\": \"a\", \"arguments\": \"{}\"}").getId())
        .hasSize(36)
        .startsWith("019c13ec-9e00-7");
    assertThat(
            lines.read("f:1", "{\"id\": \"x\", \"target\": \"a\", \"arguments\": \"{}\"}").getId())
        .isEqualTo("x");
  }

  @Test
  void everythingWrongWithALineIsSaidWithItsNumber() {
    RecordLines<ToolCall> lines = new RecordLines<>(ToolCall.class, CLOCK, new Random(1));

    assertThatThrownBy(() -> lines.read("f.jsonl:7", "{\"target\": 1, \"argumnts\": \"{}\"}"))
        .hasMessage(
            """
            f.jsonl:7: target: expected text, but 1 is given
            f.jsonl:7: arguments: is missing and has no default
            f.jsonl:7: argumnts: is no field of ToolCall; did you mean 'arguments'?\
            """);
    assertThatThrownBy(() -> lines.read("f.jsonl:8", "{} {}"))
        .hasMessageStartingWith("f.jsonl:8: the line is not JSON");
  }

  @Test
  void aRecordsKeyIsWhatTheCatalogueAsksFor() {
    ToolCall call =
        new RecordLines<>(ToolCall.class, CLOCK, new Random(1))
            .read("f", "{\"id\": \"x\", \"target\": \"a\", \"arguments\": \"{}\"}");
    ToolResult result = ToolResult.newBuilder().setId("i").setOperationId("o").build();
    ToolResult reported = ToolResult.newBuilder().setTarget("tool:a").build();
    TargetSpec target = TargetSpec.newBuilder().setTarget("pool:a").setId("i").build();
    Alert alert = Alert.newBuilder().setTenant("acme").setId("i").build();

    assertThat(RecordKeys.of(Topics.TOOL_CALLS.key(), call))
        .isEqualTo(Fingerprint.ofOperation("x"));
    assertThat(RecordKeys.of(Topics.TOOL_RESULTS.key(), result)).isEqualTo("o");
    assertThat(RecordKeys.of(Topics.TOOL_RESULTS.key(), reported)).isEqualTo("tool:a");
    assertThat(RecordKeys.of(Topics.TARGETS.key(), target)).isEqualTo("pool:a");
    assertThat(RecordKeys.of(Topics.ALERTS.key(), alert)).isEqualTo("acme");
  }

  @Test
  void familiesOfTopicsAreFoundByTheirMembers() {
    assertThat(Topics.find("tool.tasks.web")).contains(Topics.toolTasks("web"));
    assertThat(Topics.find("tool.tasks.Not A Pool")).isEmpty();
    assertThat(Topics.find("targets")).contains(Topics.TARGETS);
  }

  @Test
  void brokersOlderThanFourTwoAndWithoutShareGroupsAreFaults() {
    assertThat(PlatformChecks.version(Map.of("metadata.version", 30)).state())
        .isEqualTo(Check.State.OK);
    assertThat(PlatformChecks.version(Map.of("metadata.version", 27)).state())
        .isEqualTo(Check.State.FAILED);
    assertThat(PlatformChecks.version(Map.of()).state()).isEqualTo(Check.State.FAILED);
    assertThat(PlatformChecks.shareGroups(Map.of("share.version", 1)).state())
        .isEqualTo(Check.State.OK);
    assertThat(PlatformChecks.shareGroups(Map.of()).advice()).contains("share.version=1");
  }

  @Test
  void aClockThatIsFarOffAndAnOldJavaAreFaults() {
    assertThat(PlatformChecks.clock(Duration.ofMillis(-900)).state()).isEqualTo(Check.State.OK);
    assertThat(PlatformChecks.clock(Duration.ofSeconds(-30)).state()).isEqualTo(Check.State.FAILED);
    assertThat(MachineChecks.java(11).state()).isEqualTo(Check.State.FAILED);
    assertThat(MachineChecks.java(17).state()).isEqualTo(Check.State.OK);
  }

  @Test
  void aTableAlignsItsColumnsAndCutsTheLast() {
    StringWriter text = new StringWriter();
    Table table = new Table("NAME", "N", "WHY");
    table.row("a", 5, "short");
    table.row(Table.styled("longer", "red"), 123, "x".repeat(40));

    table.print(new PrintWriter(text), Help.Ansi.OFF, 30);

    assertThat(text)
        .hasToString(
            """
            NAME      N  WHY
            a         5  short
            longer  123  xxxxxxxxxxxxxxxx…
            """);
  }

  @Test
  void coloursAreOnlyForTerminals() {
    StringWriter text = new StringWriter();
    Table table = new Table("NAME");
    table.row(Table.styled("a", "red"));

    table.print(new PrintWriter(text), Help.Ansi.ON, 80);

    assertThat(text.toString()).contains("\u001b[31ma\u001b[");
  }
}
