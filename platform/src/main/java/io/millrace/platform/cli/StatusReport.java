package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.CircuitState;
import io.millrace.events.HealthState;
import io.millrace.events.HealthStatus;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.json.RecordJson;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help;

/**
 * What {@code millrace status} shows, for people and as JSON.
 *
 * @param targets declared ones and pools, by name
 * @param health by target
 * @param workers by id
 * @param scaling the last decision on each pool that is scaled, by pool
 * @param undecodable records that could not be read
 */
record StatusReport(
    Addresses addresses,
    Map<String, TargetSpec> targets,
    Map<String, HealthStatus> health,
    Map<String, WorkerStatus> workers,
    Map<String, ScalingDecision> scaling,
    List<GroupLag> groups,
    int undecodable) {
  /** Workers say that they live once a second; after this they are shown as silent. */
  private static final Duration SILENT_AFTER = Duration.ofSeconds(5);

  /** Decisions are said again once a minute; after this they are shown with their age. */
  private static final Duration OLD_AFTER = Duration.ofSeconds(150);

  private static final String POOL = "pool:";

  /**
   * Prints it for people.
   *
   * @param width of the terminal, columns
   */
  void print(PrintWriter out, Help.Ansi ansi, int width, Instant now) {
    out.println(
        "broker "
            + addresses.bootstrap()
            + ", registry "
            + addresses.registry()
            + (addresses.http() == null ? "" : ", metrics " + addresses.http() + "/metrics"));
    Sections sections = new Sections(out, ansi, width);
    sections.print("TARGETS", targetTable(), "none; register some with 'millrace apply'");
    sections.print("WORKERS", workerTable(now), "none; nothing can run");
    sections.print("SCALED POOLS", scalingTable(now), "none; a pool with 'scaling' would be");
    sections.print("GROUPS", groupTable(), "none");
    if (undecodable > 0) {
      out.println(
          ansi.string("@|yellow " + undecodable + " records could not be read|@")
              + " and are left out");
    }
    out.flush();
  }

  private record Sections(PrintWriter out, Help.Ansi ansi, int width) {
    void print(String title, Table table, String empty) {
      out.println();
      if (table.isEmpty()) {
        out.println(title + ": " + empty);
      } else {
        table.print(out, ansi, width);
      }
    }
  }

  private Table targetTable() {
    Table table =
        new Table(
            "TARGET", "POOL", "HEALTH", "CIRCUIT", "RATE/S", "ERRORS%", "P50 MS", "P99 MS", "WHY");
    for (String target : targetNames()) {
      TargetSpec spec = targets.get(target);
      HealthStatus status = health.get(target);
      String pool = spec == null ? "-" : spec.getPool();
      if (status == null) {
        table.row(target, pool, "-", "-", 0.0, 0.0, 0.0, 0.0, "");
      } else {
        table.row(
            target,
            pool,
            Table.styled(status.getState(), style(status.getState())),
            Table.styled(
                status.getCircuit(), status.getCircuit() == CircuitState.CLOSED ? "green" : "red"),
            status.getRatePerS(),
            100 * status.getErrorRate(),
            status.getP50Ms(),
            status.getP99Ms(),
            why(status));
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
  private Set<String> targetNames() {
    Set<String> names = new TreeSet<>(health.keySet());
    targets.keySet().stream().filter(name -> !name.startsWith(POOL)).forEach(names::add);
    return names;
  }

  private Table workerTable(Instant now) {
    Table table =
        new Table(
            "WORKER", "KIND", "STATE", "SLOTS", "RUNNING", "DONE", "CPU", "RSS MIB", "GPU",
            "POOLS");
    for (WorkerStatus worker : workers.values()) {
      String liveness = liveness(worker, now);
      List<PoolLoad> pools = worker.getPools();
      table.row(
          worker.getWorkerId(),
          worker.getKind().name().toLowerCase(Locale.ROOT),
          Table.styled(liveness, liveness.equals("alive") ? "green" : "yellow"),
          pools.stream().mapToInt(PoolLoad::getSlots).sum(),
          pools.stream().mapToInt(PoolLoad::getRunning).sum(),
          pools.stream().mapToLong(PoolLoad::getDone).sum(),
          HostUse.cpu(worker.getMetrics()),
          HostUse.resident(worker.getMetrics()),
          HostUse.gpus(worker.getMetrics()),
          pools.stream().map(PoolLoad::getPool).collect(Collectors.joining(", ")));
    }
    return table;
  }

  private Table scalingTable(Instant now) {
    Table table = new Table("POOL", "REPLICAS", "BOUNDS", "CAME/S", "EXPECTED/S", "WHY");
    for (ScalingDecision decision : scaling.values()) {
      TargetSpec pool = targets.get(POOL + decision.getPool());
      if (pool != null && pool.getScaling() != null) {
        table.row(
            decision.getPool(),
            Table.styled(decision.getReplicas(), decision.getPanic() ? "red" : ""),
            decision.getReplicasMin() + " to " + decision.getReplicasMax(),
            decision.getObservedPerS(),
            decision.getForecastPerS(),
            why(decision, now));
      }
    }
    return table;
  }

  /** What a decision rests on, and what was not done instead. */
  private static String why(ScalingDecision decision, Instant now) {
    Duration age = Duration.between(decision.getOccurredAt(), now);
    String rejected =
        decision.getRejectedReplicas() < 0
            ? ""
            : "; not %d: %s"
                .formatted(decision.getRejectedReplicas(), decision.getRejectedReason());
    return (age.compareTo(OLD_AFTER) > 0 ? "said " + age.toSeconds() + " s ago: " : "")
        + (decision.getPanic() ? "PANIC: " : "")
        + decision.getReason()
        + rejected;
  }

  private Table groupTable() {
    Table table = new Table("GROUP", "TYPE", "STATE", "LAG", "BY TOPIC");
    for (GroupLag group : groups) {
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

  /** All of it as one document. */
  ObjectNode json(Instant now) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    ObjectNode document = nodes.objectNode();
    document.put("bootstrap", addresses.bootstrap());
    document.put("registry", addresses.registry());
    document.put("http", addresses.http());
    ArrayNode targetArray = document.putArray("targets");
    for (String target : targetNames()) {
      ObjectNode one = targetArray.addObject();
      one.put("target", target);
      @Nullable TargetSpec spec = targets.get(target);
      one.set("spec", spec == null ? nodes.nullNode() : RecordJson.toJson(spec));
      @Nullable HealthStatus status = health.get(target);
      one.set("health", status == null ? nodes.nullNode() : RecordJson.toJson(status));
    }
    ArrayNode pools = document.putArray("pools");
    targets.forEach(
        (name, spec) -> {
          if (name.startsWith(POOL)) {
            pools.add(spec.getPool());
          }
        });
    ArrayNode decisions = document.putArray("scaling");
    scaling.values().forEach(decision -> decisions.add(RecordJson.toJson(decision)));
    ArrayNode workerArray = document.putArray("workers");
    for (WorkerStatus worker : workers.values()) {
      ObjectNode one = RecordJson.toJson(worker);
      one.put("state", liveness(worker, now));
      workerArray.add(one);
    }
    ArrayNode groupArray = document.putArray("groups");
    for (GroupLag group : groups) {
      ObjectNode one = groupArray.addObject();
      one.put("group", group.group());
      one.put("type", group.type());
      one.put("state", group.state());
      one.put("lag", group.total());
      group.lag().forEach(one.putObject("lag_by_topic")::put);
    }
    document.put("undecodable", undecodable);
    return document;
  }
}
