package io.millrace.benchmarks.cli;

import io.millrace.platform.cli.CommandProvider;
import java.util.List;

/** Adds {@code bench}, {@code drill} and {@code replay} to the command line. */
public final class BenchmarkCommands implements CommandProvider {

  @Override
  public List<Object> commands() {
    return List.of(new BenchCommand(), new DrillCommand(), new ReplayCommand());
  }
}
