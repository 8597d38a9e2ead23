package io.millrace.platform.demo;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.platform.demo.report.DemoReport;
import io.millrace.platform.demo.report.Progress;
import io.millrace.platform.embedded.EmbeddedPlatform;
import io.millrace.platform.embedded.OperationsPart;
import io.millrace.platform.embedded.Part;
import io.millrace.platform.embedded.PlatformOptions;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Starts a platform, does real work through it, breaks it on purpose, and says what held.
 *
 * <p>It talks to the platform as any user's program does: targets, calls and plans are records that
 * a Kafka client writes, answers are records that it reads.
 */
public final class Demo {

  private static final Duration START = Duration.ofSeconds(60);

  private final DemoOptions options;
  private final Progress progress;
  private final Resources resources;
  private final Findings findings = new Findings();

  private Demo(DemoOptions options, Progress progress, Resources resources) {
    this.options = options;
    this.progress = progress;
    this.resources = resources;
  }

  /** Names of what can be shown, in the order in which it is. */
  public static List<String> areas() {
    return all().stream().map(Area::name).toList();
  }

  private static List<Area> all() {
    return List.of(new ToolArea(), new ModelArea());
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
    List<Area> chosen =
        all().stream().filter(area -> options.areas().contains(area.name())).toList();

    progress.begin("the platform starts");
    EmbeddedPlatform platform = resources.keep(startPlatform(data, run, chosen));
    findings.timing(
        "platform ready", platform.readyAfter(), "since the start of the JVM, broker included");
    progress.end(true, "broker " + platform.endpoints().bootstrapServers());

    Stage stage = new Stage(platform.endpoints(), run, options, progress, resources, findings);
    for (Area area : chosen) {
      Stopwatch stopwatch = new Stopwatch();
      for (Step step : area.steps(stage)) {
        carryOut(step);
      }
      findings.timing(area.name() + ", all", stopwatch.elapsed(), "the area from set-up to checks");
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

  private static EmbeddedPlatform startPlatform(Path data, Path run, List<Area> chosen) {
    List<NewTopic> topics = new ArrayList<>();
    Topics.all().forEach(topic -> topics.add(Provisioner.embedded(topic)));
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    List<Part> parts = new ArrayList<>(List.of(new OperationsPart(meters, Map.of())));
    chosen.forEach(area -> parts.addAll(area.parts(meters, run)));
    return EmbeddedPlatform.start(
        new PlatformOptions(data, 0, 0, 0, false, topics, START), meters, parts);
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
