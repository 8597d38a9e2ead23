package io.millrace.platform.cli;

import io.millrace.platform.data.DataDirectoryException;
import io.millrace.platform.demo.Demo;
import io.millrace.platform.demo.DemoOptions;
import io.millrace.platform.demo.report.DemoReport;
import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.demo.report.ReportTable;
import io.millrace.schemas.text.Spelling;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace demo}: real work through a platform of its own, with checks. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Run real work through a platform of its own, break it, and check what held.",
    footer = {"", "Exit code 1 if a check failed."})
final class DemoCommand implements Callable<Integer> {
  /** The code of a process that was ended from its terminal. */
  private static final int INTERRUPTED = 130;

  @Mixin private OutputOptions output;

  @Option(
      names = "--source",
      paramLabel = "DIR",
      description = "The source tree to analyse (that of millrace itself).")
  private @Nullable Path source;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "Longest time for the timed part, 15 to 600 (${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      arity = "1..*",
      description = "What to show: tools, models (all).")
  private List<String> only = List.of();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where the platform keeps its data (a directory that is removed afterwards).")
  private @Nullable Path data;

  @Override
  public Integer call() throws IOException {
    Duration timed = Duration.ofSeconds(seconds);
    if (timed.compareTo(DemoOptions.TIMED_MIN) < 0 || timed.compareTo(DemoOptions.TIMED_MAX) > 0) {
      throw CommandException.usage(
          "--seconds: expected %d to %d, but %d is given"
              .formatted(
                  DemoOptions.TIMED_MIN.toSeconds(), DemoOptions.TIMED_MAX.toSeconds(), seconds));
    }
    Set<String> areas = areas();
    Path tree = source == null ? Path.of(System.getProperty("millrace.root", "")) : source;
    if (!Files.isDirectory(tree)) {
      throw CommandException.usage(
          "--source: expected a directory with sources, but " + tree + " is none");
    }
    DemoReport report;
    Terminal terminal = output.terminal();
    try (Progress progress =
        new Progress(output.err(), terminal.errColour(), terminal.width(), InstantSource.system())
            .redrawing()) {
      report = Demo.run(new DemoOptions(tree, timed, areas, data), progress);
    } catch (InterruptedException e) {
      throw new CommandException(INTERRUPTED, "interrupted", e);
    } catch (DataDirectoryException e) {
      throw CommandException.failed(String.valueOf(e.getMessage()));
    }
    PrintWriter people = output.people();
    people.println();
    new ReportTable(output.peopleColour(), terminal.width()).lines(report).forEach(people::println);
    people.flush();
    output.writeJson(report.toJson());
    return report.exitCode();
  }

  private Set<String> areas() {
    List<String> known = Demo.areas();
    for (String name : only) {
      if (!known.contains(name)) {
        throw CommandException.usage(
            "--only: there is no part '" + name + "'" + Spelling.hint(name, known));
      }
    }
    return Set.copyOf(only.isEmpty() ? known : only);
  }
}
