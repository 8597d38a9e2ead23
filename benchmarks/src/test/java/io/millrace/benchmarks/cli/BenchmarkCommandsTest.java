package io.millrace.benchmarks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.Millrace;
import io.millrace.platform.cli.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Holds that the commands are found on the class path and refuse what makes no sense. */
class BenchmarkCommandsTest {
  private final StringWriter err = new StringWriter();
  private final CommandLine line =
      Millrace.commandLine(
          new PrintWriter(new StringWriter()), new PrintWriter(err), Terminal.none());

  @Test
  void theCommandLineHasBenchDrillAndReplay() {
    assertThat(line.getSubcommands()).containsKeys("bench", "drill", "replay");
    assertThat(line.getSubcommands().get("bench"))
        .isNotNull()
        .satisfies(
            b ->
                assertThat(b.getSubcommands())
                    .containsOnlyKeys("requests", "decisions", "inference", "soak"));
  }

  @ParameterizedTest
  @CsvSource({
    "mooncake,'{\"timestamp\":1}'",
    "mooncake,''",
    "lirs,'1\ntwo'",
    "csv,'a,1\nb,0'",
  })
  void aTraceThatCannotBeReplayedIsSaidInOneLineWithFileAndLine(
      String format, String text, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("bad.trace"), text);
    int code =
        line.execute(
            "replay", "cache", "--trace", file.toString(), "--format", format, "--capacity", "10");

    assertThat(code).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString().strip().lines()).hasSize(1);
    assertThat(err.toString()).contains("bad.trace, line ");
  }

  @ParameterizedTest
  @CsvSource({
    "'bench',requests",
    "'bench requests --concurrency 1,0',--concurrency",
    "'bench requests --concurrency one',--concurrency",
    "'bench requests --measure-s -1',--measure-s",
    "'bench requests --controls on',--controls",
    "'bench decisions --records 0',--records",
    "'replay',plans",
    "'replay plans',--file",
    "'replay plans --file none.json',none.json",
    "'replay speculation --trajectories none.json',none.json",
    "'replay speculation --trajectories x --least-probability 2',--least-probability",
    "'replay',cache",
    "'replay cache --trace x --format lirs --capacity 0',--capacity",
    "'replay cache --trace x --format lirs --capacity -5',--capacity",
    "'replay cache --trace x --format lirs --capacity many',--capacity",
    "'replay cache --trace x --format lirs --capacity 9223372036854775807',--capacity",
    "'replay cache --trace none.trace --format lirs --capacity 1',none.trace",
    "'replay cache --trace . --format lirs --capacity 1',--trace",
    "'replay speculation --trajectories .',--trajectories",
    "'replay cache --trace x --format arc --capacity 1',mooncake",
    "'replay cache --trace x --format lirs --capacity 1 --by files',entries",
    "'replay',scaling",
    "'replay scaling --trace none.csv --format csv',--format",
    "'replay scaling --trace none.csv --format rate --replica-rps 0',--replica-rps",
    "'drill burst --burst-s 1',--burst-s",
    "'drill',NAME",
    "'drill worker',worker-kill",
    "'drill patterns --fleets 0',--fleets",
    "'drill patterns --seed x',--seed",
    "'drill worker-kill --in-flight 2',--in-flight",
    "'drill restart --calls 5',--calls"
  })
  void whatMakesNoSenseIsRefusedBeforeAnythingStarts(String arguments, String named) {
    int code = line.execute(arguments.split(" "));

    assertThat(code).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains(named);
  }
}
