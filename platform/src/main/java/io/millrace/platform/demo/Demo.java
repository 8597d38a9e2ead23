package io.millrace.platform.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.TargetSpec;
import io.millrace.platform.demo.analysis.Analysis;
import io.millrace.platform.demo.report.DemoReport;
import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.demo.sources.SeededLatency;
import io.millrace.platform.demo.sources.SourceServer;
import io.millrace.platform.embedded.EmbeddedPlatform;
import io.millrace.platform.embedded.Endpoints;
import io.millrace.platform.embedded.OperationsPart;
import io.millrace.platform.embedded.PlatformOptions;
import io.millrace.platform.embedded.ToolWorkerPart;
import io.millrace.platform.provision.Pools;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topics;
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
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Starts a platform, does real work through it, breaks it on purpose, and says what held.
 *
 * <p>It talks to the platform as any user's program does: targets, calls and plans are records that
 * a Kafka client writes, answers are records that it reads.
 */
public final class Demo {

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

  private final DemoOptions options;
  private final Progress progress;
  private final Resources resources;
  private final Findings findings = new Findings();

  private Demo(DemoOptions options, Progress progress, Resources resources) {
    this.options = options;
    this.progress = progress;
    this.resources = resources;
  }

  /**
   * Runs the demo; whatever it started has ended when it returns, also when the process is told to
   * stop meanwhile.
   *
   * @param progress is told each step; stays the caller's to close
   * @throws InterruptedException if the process was told to stop
   * @throws IOException if its files cannot be written
   * @throws RuntimeException if the platform does not start
   */
  public static DemoReport run(DemoOptions options, Progress progress)
      throws InterruptedException, IOException {
    try (Resources resources = new Resources()) {
      try {
        return new Demo(options, progress, resources).run();
      } catch (RuntimeException e) {
        if (resources.stopping()) {
          throw new InterruptedException("told to stop");
        }
        throw e;
      }
    }
  }

  private DemoReport run() throws InterruptedException, IOException {
    long began = System.nanoTime();
    Path data = data();
    Path run = Files.createDirectories(data.resolve("demo")).resolve(DemoClient.newId());
    Files.createDirectories(run);
    SourceServer server = resources.keep(SourceServer.start(SEED, LATENCY));

    progress.begin("the platform starts");
    EmbeddedPlatform platform = resources.keep(startPlatform(data));
    findings.timing(
        "platform ready", platform.readyAfter(), "since the start of the JVM, broker included");
    progress.end(true, "broker " + platform.endpoints().bootstrapServers());

    for (Step step : steps(platform.endpoints(), server, run)) {
      carryOut(step);
    }
    return findings.report(Duration.ofNanos(System.nanoTime() - began));
  }

  private Path data() throws IOException {
    Path given = options.data();
    if (given != null) {
      return Files.createDirectories(given).toRealPath();
    }
    Path temporary = Files.createTempDirectory("millrace-demo-").toRealPath();
    resources.keep(() -> Resources.delete(temporary));
    return temporary;
  }

  private static EmbeddedPlatform startPlatform(Path data) {
    List<NewTopic> topics = new ArrayList<>();
    Topics.all().forEach(topic -> topics.add(Provisioner.embedded(topic)));
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    return EmbeddedPlatform.start(
        new PlatformOptions(data, 0, 0, 0, false, topics, START),
        meters,
        List.of(
            new OperationsPart(meters, Map.of()),
            new ToolWorkerPart(
                meters,
                Map.of(
                    // The other pool is for the two workers of which one is killed.
                    WorkerConfig.POOLS,
                    "default",
                    WorkerConfig.DRAIN_TIMEOUT_MS,
                    Long.toString(DRAIN.toMillis())))));
  }

  private List<Step> steps(Endpoints endpoints, SourceServer server, Path run)
      throws InterruptedException, IOException {
    Path root = options.source().toRealPath();
    String id = String.valueOf(run.getFileName());
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
    List<FanOut.Member> limited = calibrated(client, analyses, id);
    FanOut.Run unused = sourceCalls.parallel(id + "-warm-up");
    progress.end(true, targets.size() + " targets");

    SpeedStep analysed =
        new SpeedStep("analyses", id, new FanOut(client, limited, options.timed()), rounds());
    SpeedStep fetched = new SpeedStep("sources", id, sourceCalls, rounds());
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
  private List<FanOut.Member> calibrated(
      DemoClient client, List<FanOut.Member> analyses, String run) throws InterruptedException {
    FanOut warmUp = new FanOut(client, limited(analyses, WARM_UP_BYTES), START);
    FanOut.Run warm = warmUp.parallel(run + "-cold");
    for (int i = 1; i <= WARM_RUNS; i++) {
      warm = FanOut.Run.faster(warm, warmUp.parallel(run + "-warm-" + i));
    }
    // A round is a sequential run, of up to twice a parallel one's time, and a parallel one.
    Duration each = options.timed().minus(OTHER_STEPS).dividedBy(3L * rounds() + 1);
    double times = Math.max(1, Numbers.ratio(each, warm.elapsed()));
    List<FanOut.Member> limited = limited(analyses, (long) (WARM_UP_BYTES * times));
    // What comes first would be slower for it: code that has not run is not compiled.
    FanOut.Run unused = new FanOut(client, limited, options.timed()).parallel(run + "-whole");
    return limited;
  }

  private int rounds() {
    return options.timed().compareTo(TWO_ROUNDS_FROM) < 0 ? 1 : 2;
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
      new Pools(admin, SETUP).create(List.of(DemoTargets.CRASH_POOL));
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

  private void carryOut(Step step) throws InterruptedException {
    progress.begin(step.title());
    String remark;
    boolean done = false;
    try {
      remark = step.run(findings, progress);
      done = true;
    } catch (RuntimeException e) {
      if (resources.stopping()) {
        throw e;
      }
      remark = e instanceof DemoException ? String.valueOf(e.getMessage()) : e.toString();
    }
    for (String check : step.checks()) {
      if (!findings.has(check)) {
        findings.check(check, false, done ? "was not made" : remark);
      }
    }
    progress.end(done && findings.held(step.checks()), remark);
  }
}
