package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.Fallback;
import io.millrace.events.TargetSpec;
import io.millrace.platform.apply.InvalidDocumentException;
import io.millrace.platform.apply.TargetsFile;
import io.millrace.platform.models.RemoteSignatures;
import io.millrace.platform.provision.Pools;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace apply}: registers the tools, models, pools and policies of a file. */
@Command(
    name = "apply",
    mixinStandardHelpOptions = true,
    description = "Register tools, models, pools and policies from a file.",
    footer = {
      "",
      "Applying a file again changes nothing. What the file does not name stays as it is."
    })
final class ApplyCommand implements Callable<Integer> {
  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "targets.yaml, or JSON if its name ends in .json.")
  private Path file;

  @Option(names = "--dry-run", description = "Say what would change, and change nothing.")
  private boolean dryRun;

  private enum Change {
    CREATED,
    CHANGED,
    UNCHANGED
  }

  private record Step(TargetSpec spec, Change change) {}

  @Override
  public Integer call() throws InvalidDocumentException {
    TargetsFile targets = TargetsFile.read(file);
    try {
      RemoteSignatures.complete(targets.targets());
    } catch (IOException e) {
      throw CommandException.unreachable(String.valueOf(e.getMessage()), e);
    }
    try (Cluster cluster = connection.connect();
        Progress progress = new Progress(output)) {
      Map<String, TargetSpec> present = new TableReader(cluster, progress).read(Topics.TARGETS);
      List<TargetSpec> named = new ArrayList<>(targets.pools());
      // One that is there already stays as it was declared, by another file perhaps.
      targets.implied().forEach(pool -> named.add(present.getOrDefault(pool.getTarget(), pool)));
      List<Step> pools = steps(named, present);
      List<Step> rest = steps(targets.targets(), present);
      if (!dryRun) {
        new Pools(cluster.admin(), cluster.serdeSettings(), Cluster.WAIT_MAX)
            .create(
                Stream.concat(targets.pools().stream(), targets.implied().stream())
                    .map(TargetSpec::getPool)
                    .toList());
        // Pools first, so that no target ever names one that is not there.
        write(cluster, pools);
        write(cluster, rest);
      }
      List<Step> all = new ArrayList<>(pools);
      all.addAll(rest);
      progress.close();
      report(all);
      warnOfFallbacks(targets.targets(), present.keySet());
    }
    return ExitCode.OK;
  }

  /** Another file may still declare it; until then the fallback is passed over. */
  private void warnOfFallbacks(List<TargetSpec> targets, Set<String> present) {
    Set<String> known = new HashSet<>(present);
    targets.forEach(target -> known.add(target.getTarget()));
    for (TargetSpec target : targets) {
      for (Fallback fallback : target.getFallbacks()) {
        if (!known.contains(fallback.getTarget())) {
          output
              .err()
              .println(
                  "%s falls back to %s, which is not declared (yet)"
                      .formatted(target.getTarget(), fallback.getTarget()));
        }
      }
    }
  }

  private static List<Step> steps(List<TargetSpec> specs, Map<String, TargetSpec> present) {
    return specs.stream()
        .map(spec -> new Step(spec, change(spec, present.get(spec.getTarget()))))
        .toList();
  }

  private static Change change(TargetSpec spec, @Nullable TargetSpec present) {
    if (present == null) {
      return Change.CREATED;
    }
    TargetSpec comparable =
        TargetSpec.newBuilder(present)
            .setId(spec.getId())
            .setOccurredAt(spec.getOccurredAt())
            .build();
    return comparable.equals(spec) ? Change.UNCHANGED : Change.CHANGED;
  }

  private static void write(Cluster cluster, List<Step> steps) {
    Instant now = Instant.now();
    RandomGenerator random = new SecureRandom();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (Producer<String, TargetSpec> producer = cluster.producer(Topics.TARGETS)) {
      for (Step step : steps) {
        if (step.change != Change.UNCHANGED) {
          TargetSpec spec =
              TargetSpec.newBuilder(step.spec)
                  .setId(Ids.v7(now.toEpochMilli(), random))
                  .setOccurredAt(now)
                  .build();
          sent.add(
              producer.send(new ProducerRecord<>(Topics.TARGETS.name(), spec.getTarget(), spec)));
        }
      }
      for (Future<RecordMetadata> future : sent) {
        future.get();
      }
    } catch (ExecutionException e) {
      throw new CommandException(
          ExitCode.FAILED, "the broker refused a target: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandException.failed("interrupted; apply the file again");
    }
  }

  private void report(List<Step> steps) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    Table table = new Table("TARGET", "POOL", "VERSION", "CHANGE");
    for (Step step : steps) {
      String change = step.change.name().toLowerCase(java.util.Locale.ROOT);
      boolean pool = step.spec.getTarget().startsWith("pool:");
      table.row(
          step.spec.getTarget(),
          step.spec.getPool(),
          pool ? "" : step.spec.getVersion(),
          Table.styled(change, step.change == Change.UNCHANGED ? "faint" : "green"));
      ObjectNode one = json.addObject();
      one.put("target", step.spec.getTarget());
      one.put("pool", step.spec.getPool());
      one.put("change", change);
    }
    table.print(output.out(), output.ansi(), output.terminal().width());
    if (dryRun) {
      output.out().println("nothing was written (--dry-run)");
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("dry_run", dryRun);
    document.set("targets", json);
    output.writeJson(document);
  }
}
