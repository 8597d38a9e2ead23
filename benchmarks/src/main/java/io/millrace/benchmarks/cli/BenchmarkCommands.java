package io.millrace.benchmarks.cli;

import io.millrace.platform.cli.CommandProvider;
import java.util.List;

/** Adds {@code bench} and {@code drill} to the command line. */
public final class BenchmarkCommands implements CommandProvider {

  @Override
  public List<Object> commands() {
    return List.of(new BenchCommand(), new DrillCommand());
  }
}
