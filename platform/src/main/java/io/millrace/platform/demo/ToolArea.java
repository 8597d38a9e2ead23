package io.millrace.platform.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.TargetSpec;
import io.millrace.platform.demo.analysis.Analysis;
import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.demo.sources.SeededLatency;
import io.millrace.platform.demo.sources.SourceServer;
import io.millrace.platform.embedded.Endpoints;
import io.millrace.platform.embedded.Part;
import io.millrace.platform.embedded.ToolWorkerPart;
import io.millrace.platform.provision.Pools;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.toolworker.ToolWorker;
import io.millrace.toolworker.ToolWorkerConfig;
import io.millrace.toolworker.builtin.AppendLineTool;
import io.millrace.worker.runtime.WorkerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/**
 * Tools: analyses of a source tree and slow HTTP sources, called one by one and as plans, cached,
 * failing, and with a worker that is killed.
 */
final class ToolArea implements Area {

  private static final long SEED = 20_260_115;
  private static final SeededLatency LATENCY =
      new SeededLatency(Duration.ofMillis(160), Duration.ofMillis(220));
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration SETUP = Duration.ofSeconds(20);
  private static final Duration CIRCUIT_OPEN_FOR = Duration.ofMillis(1_500);
  private static final Duration DRAIN = Duration.ofSeconds(1);
  private static final int SLOTS = 16;

  /** What the other steps need with one round each, on two cores; the analyses get the rest. */
  private static final Duration OTHER_STEPS = Duration.ofSeconds(12);

  private static final Duration TWO_ROUNDS_FROM = Duration.ofSeconds(25);

  private static final long WARM_UP_BYTES = 512 << 10;
  private static final int WARM_RUNS = 2;
  private static final int FINDINGS_LISTED = 5;

  @Override
  public String name() {
    return "tools";
  }

  @Override
  public List<Part> parts(MeterRegistry meters, Path run) {
    return List.of(
        new ToolWorkerPart(
            meters,
            Map.of(
                // The other pool is for the two workers of which one is killed.
                WorkerConfig.POOLS,
                "default",
                WorkerConfig.DRAIN_TIMEOUT_MS,
                Long.toString(DRAIN.toMillis()))));
  }

  @Override
  public List<Step> steps(Stage stage) throws InterruptedException, IOException {
    Endpoints endpoints = stage.endpoints();
    Resources resources = stage.resources();
    Progress progress = stage.progress();
    Duration timed = stage.options().timed();
    Path run = stage.run();
    Path root = stage.options().source().toRealPath();
    String id = stage.id();
    SourceServer server = resources.keep(SourceServer.start(SEED, LATENCY));
    Path victimEffects = Files.createDirectories(run.resolve("killed"));
    Path survivorEffects = Files.createDirectories(run.resolve("survivor"));

    progress.begin("targets are registered, two workers join");
    createPool(endpoints);
    WorkerProcess victim =
        resources.keep(WorkerProcess.start("demo-killed", endpoints, SLOTS, run, victimEffects));
    resources.keep(survivor(endpoints, survivorEffects)).start();
    DemoClient client = resources.keep(new DemoClient(endpoints));

    List<TargetSpec> targets = new ArrayList<>();
    targets.add(DemoTargets.crashPool());
    List<FanOut.Member> analyses = new ArrayList<>();
    for (Analysis analysis : Analysis.all()) {
      TargetSpec target = DemoTargets.analysis(analysis, root);
      targets.add(target);
      analyses.add(
          new FanOut.Member(
              analysis.name(),
              target,
              JsonNodeFactory.instance
                  .objectNode()
                  .put("root", root.toString())
                  .put("top", FINDINGS_LISTED)));
    }
    List<FanOut.Member> sources = new ArrayList<>();
    for (String source : SourceServer.names()) {
      TargetSpec target = DemoTargets.source(source, server.uri(source));
      targets.add(target);
      sources.add(
          new FanOut.Member(
              source, target, JsonNodeFactory.instance.objectNode().put("q", "Oslo")));
    }
    String ill = SourceServer.names().get(2);
    TargetSpec flaky = DemoTargets.flaky(ill, server.uri(ill), CIRCUIT_OPEN_FOR);
    TargetSpec again = DemoTargets.effect("effect-idempotent", true);
    TargetSpec once = DemoTargets.effect("effect-once", false);
    TargetSpec echo = DemoTargets.echo();
    targets.addAll(List.of(flaky, again, once, echo));
    client.register(targets);

    progress.advance(0, 0, "warming up");
    FanOut sourceCalls = new FanOut(client, sources, SETUP);
    List<FanOut.Member> limited = calibrated(client, analyses, id, timed);
    FanOut.Run unused = sourceCalls.parallel(id + "-warm-up");
    progress.end(true, targets.size() + " targets");

    SpeedStep analysed =
        new SpeedStep("analyses", id, new FanOut(client, limited, timed), rounds(timed));
    SpeedStep fetched = new SpeedStep("sources", id, sourceCalls, rounds(timed));
    return List.of(
        analysed,
        fetched,
        new CacheStep(analysed, fetched, server),
        new CircuitStep(client, flaky, server, ill),
        new CrashStep(client, again, once, victim, victimEffects, survivorEffects),
        new RejectionStep(client, echo));
  }

  /**
   * The analyses, limited to as many bytes of the tree as there is time for, by the time that a
   * small part of the tree took.
   */
  private static List<FanOut.Member> calibrated(
      DemoClient client, List<FanOut.Member> analyses, String run, Duration timed)
      throws InterruptedException {
    FanOut warmUp = new FanOut(client, limited(analyses, WARM_UP_BYTES), START);
    FanOut.Run warm = warmUp.parallel(run + "-cold");
    for (int i = 1; i <= WARM_RUNS; i++) {
      warm = FanOut.Run.faster(warm, warmUp.parallel(run + "-warm-" + i));
    }
    // A round is a sequential run, of up to twice a parallel one's time, and a parallel one.
    Duration each = timed.minus(OTHER_STEPS).dividedBy(3L * rounds(timed) + 1);
    double times = Math.max(1, Numbers.ratio(each, warm.elapsed()));
    List<FanOut.Member> limited = limited(analyses, (long) (WARM_UP_BYTES * times));
    // What comes first would be slower for it: code that has not run is not compiled.
    FanOut.Run unused = new FanOut(client, limited, timed).parallel(run + "-whole");
    return limited;
  }

  private static int rounds(Duration timed) {
    return timed.compareTo(TWO_ROUNDS_FROM) < 0 ? 1 : 2;
  }

  private static List<FanOut.Member> limited(List<FanOut.Member> analyses, long bytes) {
    return analyses.stream()
        .map(
            member ->
                new FanOut.Member(
                    member.name(),
                    member.target(),
                    member.arguments().deepCopy().put("size_bytes_max", bytes)))
        .toList();
  }

  private static void createPool(Endpoints endpoints) {
    try (Admin admin =
        Admin.create(
            Map.of("bootstrap.servers", endpoints.bootstrapServers(), "metric.reporters", ""))) {
      Map<String, String> serde =
          Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
      new Pools(admin, serde, SETUP).create(List.of(DemoTargets.CRASH_POOL));
    }
  }

  private static ToolWorker survivor(Endpoints endpoints, Path effects) {
    return new ToolWorker(
        new ToolWorkerConfig(
            Map.of(
                WorkerConfig.BOOTSTRAP_SERVERS, endpoints.bootstrapServers(),
                WorkerConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl(),
                WorkerConfig.WORKER_ID, "demo-survivor",
                WorkerConfig.POOLS, DemoTargets.CRASH_POOL,
                WorkerConfig.SLOTS, Integer.toString(SLOTS),
                WorkerConfig.DRAIN_TIMEOUT_MS, Long.toString(DRAIN.toMillis()),
                AppendLineTool.DIRECTORY, effects.toString())),
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }
}
