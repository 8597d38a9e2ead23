package io.millrace.benchmarks.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.benchmarks.cache.CacheReplay;
import io.millrace.benchmarks.cache.Trace;
import io.millrace.benchmarks.cache.TraceException;
import io.millrace.benchmarks.cache.TraceFormat;
import io.millrace.benchmarks.process.Conditions;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.platform.cli.OutputOptions;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace replay cache}: hit rates of Millrace's cache and of others on one trace. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description = "Replay accesses through Millrace's cache policy and through others.")
final class ReplayCacheCommand implements Callable<Integer> {
  private static final long CAPACITY_MAX = 1_000_000_000_000L;

  @Mixin private OutputOptions output;

  @Option(names = "--trace", required = true, paramLabel = "FILE", description = "The accesses.")
  private Path trace;

  @Option(
      names = "--format",
      required = true,
      description =
          "mooncake (JSON lines; each element of hash_ids is an access), lirs (a key a line) or csv"
              + " (key[,bytes[,cost]]).")
  private String format;

  @Option(names = "--capacity", required = true, description = "Of each cache, over 0.")
  private long capacity;

  @Option(
      names = "--by",
      defaultValue = "entries",
      description = "What the capacity counts: entries or bytes (${DEFAULT-VALUE}).")
  private String by;

  @Override
  public Integer call() {
    if (capacity <= 0 || capacity > CAPACITY_MAX) {
      throw CommandException.usage(
          "--capacity: expected 1 to %d, but %d is given".formatted(CAPACITY_MAX, capacity));
    }
    if (!by.equals("entries") && !by.equals("bytes")) {
      throw CommandException.usage(
          "--by: expected entries or bytes, but '%s' is given".formatted(by));
    }
    boolean byBytes = by.equals("bytes");
    Trace accesses = read();
    if (byBytes && !accesses.sized()) {
      throw CommandException.usage(
          "--by bytes: the trace has no sizes; it takes csv with key,bytes");
    }
    Conditions conditions = Conditions.now();
    CacheReplay.Result result =
        new CacheReplay(accesses, capacity, byBytes, output.err()::println).run();
    result
        .hitRatePct()
        .forEach(
            (name, rate) ->
                output.out().println(String.format(Locale.ROOT, "%-9s %6.2f %%", name, rate)));
    output.out().println(result.nsPerAccess() + " ns of CPU per access of millrace's policy");
    output.out().println(result.heapTierNsPerAccess() + " ns of CPU per access of its heap tier");
    output.out().flush();
    ObjectNode document = (ObjectNode) Documents.of(result);
    document.put("accesses", accesses.size());
    document.put("capacity", capacity);
    document.put("by", by);
    document.set("conditions", Documents.of(conditions));
    output.writeJson(document);
    return ExitCode.OK;
  }

  private Trace read() {
    TraceFormat known =
        Arrays.stream(TraceFormat.values())
            .filter(f -> f.name().toLowerCase(Locale.ROOT).equals(format))
            .findFirst()
            .orElseThrow(
                () ->
                    CommandException.usage(
                        "--format: expected mooncake, lirs or csv, but '%s' is given"
                            .formatted(format)));
    try {
      return known.read(trace);
    } catch (TraceException e) {
      throw CommandException.usage("--trace: %s, %s".formatted(trace, e.getMessage()));
    } catch (NoSuchFileException e) {
      throw CommandException.usage("--trace: there is no file " + trace);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE, "--trace: %s cannot be read: %s".formatted(trace, e.getMessage()), e);
    }
  }
}
