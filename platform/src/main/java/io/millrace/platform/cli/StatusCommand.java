package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.CircuitState;
import io.millrace.events.HealthState;
import io.millrace.events.HealthStatus;
import io.millrace.events.PoolLoad;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.topics.Topics;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;

/** {@code millrace status}: targets with health and circuits, workers, and how far groups lag. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Show targets, their health and circuits, workers, and the lag of groups.")
final class StatusCommand implements Callable<Integer> {
  /** Workers say that they live once a second; after this they are shown as silent. */
  private static final Duration SILENT_AFTER = Duration.ofSeconds(5);

  private static final String POOL = "pool:";

  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  private record State(
      Map<String, TargetSpec> targets,
      Map<String, HealthStatus> health,
      Map<String, WorkerStatus> workers,
      List<GroupLag> groups,
      int undecodable) {}

  @Override
  public Integer call() {
    try (Cluster cluster = connection.connect();
        Progress progress = new Progress(output)) {
      TableReader reader = new TableReader(cluster, progress);
      State state =
          new State(
              reader.read(Topics.TARGETS),
              reader.read(Topics.HEALTH_STATUS),
              reader.read(Topics.WORKERS),
              GroupLag.ofAll(cluster),
              reader.undecodable());
      progress.close();
      Instant now = Instant.now();
      print(cluster.addresses(), state, now);
      output.writeJson(json(cluster.addresses(), state, now));
    }
    return ExitCode.OK;
  }

  private void print(Addresses addresses, State state, Instant now) {
    PrintWriter out = output.out();
    Help.Ansi ansi = output.ansi();
    int width = output.terminal().width();
    out.println(
        "broker "
            + addresses.bootstrap()
            + ", registry "
            + addresses.registry()
            + (addresses.http() == null ? "" : ", metrics " + addresses.http() + "/metrics"));
    section(out, "TARGETS", targets(state), "none; register some with 'millrace apply'", width);
    section(out, "WORKERS", workers(state, now), "none; nothing can run", width);
    section(out, "GROUPS", groups(state), "none", width);
    if (state.undecodable > 0) {
      out.println(
          ansi.string("@|yellow " + state.undecodable + " records could not be read|@")
              + " and are left out");
    }
    out.flush();
  }

  private void section(PrintWriter out, String title, Table table, String empty, int width) {
    out.println();
    if (table.isEmpty()) {
      out.println(title + ": " + empty);
    } else {
      table.print(out, output.ansi(), width);
    }
  }

  private static Table targets(State state) {
    Table table =
        new Table(
            "TARGET", "POOL", "HEALTH", "CIRCUIT", "RATE/S", "ERRORS%", "P50 MS", "P99 MS", "WHY");
    for (String target : targetNames(state)) {
      TargetSpec spec = state.targets.get(target);
      HealthStatus health = state.health.get(target);
      String pool = spec == null ? "-" : spec.getPool();
      if (health == null) {
        table.row(target, pool, "-", "-", 0.0, 0.0, 0.0, 0.0, "");
      } else {
        table.row(
            target,
            pool,
            Table.styled(health.getState(), style(health.getState())),
            Table.styled(
                health.getCircuit(), health.getCircuit() == CircuitState.CLOSED ? "green" : "red"),
            health.getRatePerS(),
            100 * health.getErrorRate(),
            health.getP50Ms(),
            health.getP99Ms(),
            why(health));
      }
    }
    return table;
  }

  /** The patterns that hold and whom they blame, then why the circuit is as it is. */
  private static String why(HealthStatus health) {
    Stream<String> patterns =
        health.getPatterns().stream()
            .map(
                report ->
                    report.getPattern()
                        + (report.getBlamed().equals(health.getTarget())
                            ? ""
                            : " from " + report.getBlamed())
                        + ": "
                        + report.getReason());
    return Stream.concat(patterns, Stream.of(health.getReason()))
        .filter(reason -> !reason.isEmpty())
        .collect(Collectors.joining("; "));
  }

  /** Declared ones, and those that are only heard of. */
  private static Set<String> targetNames(State state) {
    Set<String> names = new TreeSet<>(state.health.keySet());
    state.targets.keySet().stream().filter(name -> !name.startsWith(POOL)).forEach(names::add);
    return names;
  }

  private static Table workers(State state, Instant now) {
    Table table = new Table("WORKER", "KIND", "STATE", "SLOTS", "RUNNING", "DONE", "POOLS");
    for (WorkerStatus worker : state.workers.values()) {
      String liveness = liveness(worker, now);
      List<PoolLoad> pools = worker.getPools();
      table.row(
          worker.getWorkerId(),
          worker.getKind().name().toLowerCase(Locale.ROOT),
          Table.styled(liveness, liveness.equals("alive") ? "green" : "yellow"),
          pools.stream().mapToInt(PoolLoad::getSlots).sum(),
          pools.stream().mapToInt(PoolLoad::getRunning).sum(),
          pools.stream().mapToLong(PoolLoad::getDone).sum(),
          pools.stream().map(PoolLoad::getPool).collect(Collectors.joining(", ")));
    }
    return table;
  }

  private static Table groups(State state) {
    Table table = new Table("GROUP", "TYPE", "STATE", "LAG", "BY TOPIC");
    for (GroupLag group : state.groups) {
      String byTopic =
          group.lag().entrySet().stream()
              .filter(entry -> entry.getValue() > 0)
              .map(entry -> entry.getKey() + " " + entry.getValue())
              .collect(Collectors.joining(", "));
      table.row(group.group(), group.type(), group.state(), group.total(), byTopic);
    }
    return table;
  }

  private static String liveness(WorkerStatus worker, Instant now) {
    Duration age = Duration.between(worker.getOccurredAt(), now);
    if (age.compareTo(SILENT_AFTER) > 0) {
      return "silent " + age.toSeconds() + " s";
    }
    return worker.getDraining() ? "draining" : "alive";
  }

  private static String style(HealthState state) {
    return switch (state) {
      case HEALTHY -> "green";
      case DEGRADED -> "yellow";
      case DOWN -> "red";
      case UNKNOWN -> "faint";
    };
  }

  private static ObjectNode json(Addresses addresses, State state, Instant now) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    ObjectNode document = nodes.objectNode();
    document.put("bootstrap", addresses.bootstrap());
    document.put("registry", addresses.registry());
    document.put("http", addresses.http());
    ArrayNode targets = document.putArray("targets");
    for (String target : targetNames(state)) {
      ObjectNode one = targets.addObject();
      one.put("target", target);
      @Nullable TargetSpec spec = state.targets.get(target);
      one.set("spec", spec == null ? nodes.nullNode() : RecordJson.toJson(spec));
      @Nullable HealthStatus health = state.health.get(target);
      one.set("health", health == null ? nodes.nullNode() : RecordJson.toJson(health));
    }
    ArrayNode pools = document.putArray("pools");
    state.targets.forEach(
        (name, spec) -> {
          if (name.startsWith(POOL)) {
            pools.add(spec.getPool());
          }
        });
    ArrayNode workers = document.putArray("workers");
    for (WorkerStatus worker : state.workers.values()) {
      ObjectNode one = RecordJson.toJson(worker);
      one.put("state", liveness(worker, now));
      workers.add(one);
    }
    ArrayNode groups = document.putArray("groups");
    for (GroupLag group : state.groups) {
      ObjectNode one = groups.addObject();
      one.put("group", group.group());
      one.put("type", group.type());
      one.put("state", group.state());
      one.put("lag", group.total());
      group.lag().forEach(one.putObject("lag_by_topic")::put);
    }
    document.put("undecodable", state.undecodable);
    return document;
  }
}
