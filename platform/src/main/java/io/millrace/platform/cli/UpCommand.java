package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.platform.data.DataDirectoryException;
import io.millrace.platform.embedded.EmbeddedPlatform;
import io.millrace.platform.embedded.GatewayPart;
import io.millrace.platform.embedded.ModelsPart;
import io.millrace.platform.embedded.OperationsPart;
import io.millrace.platform.embedded.Part;
import io.millrace.platform.embedded.PlatformOptions;
import io.millrace.platform.embedded.SchemasPart;
import io.millrace.platform.embedded.ToolWorkerPart;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.OperationsApplication;
import io.millrace.topologies.OperationsConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace up}: runs the whole platform in this process until it is interrupted. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Run the whole platform on loopback until interrupted; its data stays.")
final class UpCommand implements Callable<Integer> {
  static final int PORT = 9092;
  static final int REGISTRY_PORT = 8081;
  static final int HTTP_PORT = 8090;
  static final int GATEWAY_PORT = 8000;

  private static final int PARTITIONS_MAX = 64;

  private static final String OPERATIONS = "operations";
  private static final String LEDGER = "ledger";
  private static final String TOOL_WORKER = "tool-worker";
  private static final String MODELS = "models";
  private static final String GATEWAY = "gateway";
  private static final String NONE = "none";

  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

  @Mixin private OutputOptions output;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = ConnectionOptions.DATA_DEFAULT,
      description = "Where everything is kept (${DEFAULT-VALUE}).")
  private Path data;

  @Option(
      names = "--port",
      defaultValue = "" + PORT,
      description = "Port of the broker; 0 takes any free one (${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--registry-port",
      defaultValue = "" + REGISTRY_PORT,
      description = "Port of the schema registry; 0 takes any free one (${DEFAULT-VALUE}).")
  private int registryPort;

  @Option(
      names = "--http-port",
      defaultValue = "" + HTTP_PORT,
      description = "Port of /metrics, /livez, /readyz; 0 takes any free one (${DEFAULT-VALUE}).")
  private int httpPort;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Partitions of keyed topics and stream threads that share them. More use more"
              + " processors and cost more for each request; fixed at the first start"
              + " (${DEFAULT-VALUE}).")
  private int partitions;

  @Option(
      names = "--flush-before-ack",
      description = "Force every append to disk before it is acknowledged; slower.")
  private boolean flushBeforeAck;

  @Option(
      names = "--parts",
      split = ",",
      hidden = true,
      defaultValue = OPERATIONS + "," + LEDGER + "," + TOOL_WORKER + "," + MODELS + "," + GATEWAY,
      description =
          "Parts that run in this process: operations, ledger, tool-worker, models, gateway or"
              + " none.")
  private List<String> parts;

  @Option(
      names = "--gateway-port",
      description =
          "Port of the gateway; 0 takes any free one. Default: 8000, or 0 if --port is 0.")
  private @Nullable Integer gatewayPort;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description =
          "Models to serve, in Triton's layout, watched for changes; default: models within --data.")
  private @Nullable Path models;

  @Override
  public Integer call() throws InterruptedException {
    List<NewTopic> topics = new ArrayList<>();
    if (partitions < 1 || partitions > PARTITIONS_MAX) {
      throw CommandException.usage(
          "--partitions: expected 1 to %d, but %d is given".formatted(PARTITIONS_MAX, partitions));
    }
    Topics.all().forEach(topic -> topics.add(Provisioner.embedded(topic, partitions)));
    PlatformOptions options =
        new PlatformOptions(
            data,
            checked("--port", port),
            checked("--registry-port", registryPort),
            checked("--http-port", httpPort),
            flushBeforeAck,
            topics,
            START_TIMEOUT);
    if (parts.contains(OPERATIONS)) {
      OperationsApplication.preload();
    }
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    CountDownLatch stop = new CountDownLatch(1);
    AtomicBoolean failed = new AtomicBoolean();
    Runnable onFailure =
        () -> {
          failed.set(true);
          stop.countDown();
        };
    List<Part> started = parts(meters, onFailure);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stopAndWait(stop, stopped), "stop"));
    try (EmbeddedPlatform platform = start(options, meters, started)) {
      announce(platform, started);
      if (parts.contains(LEDGER)) {
        // It counts from the log what was answered, whenever: no request waits for it.
        platform.add(OperationsPart.ledger(meters, Map.of(), onFailure));
      }
      stop.await();
      output.err().println("stopping");
    } finally {
      stopped.countDown();
    }
    if (failed.get()) {
      throw CommandException.failed(
          "operations cannot go on, so the platform was stopped; the log lines above say why: put"
              + " that right and start it again, its data stay");
    }
    return ExitCode.OK;
  }

  private List<Part> parts(PrometheusMeterRegistry meters, Runnable onFailure) {
    List<Part> chosen = new ArrayList<>(List.of(new SchemasPart()));
    for (String part : parts) {
      switch (part) {
        case OPERATIONS ->
            chosen.add(
                new OperationsPart(
                    meters,
                    Map.of(OperationsConfig.THREADS, Integer.toString(partitions)),
                    onFailure));
        case LEDGER, NONE -> {}
        case TOOL_WORKER -> chosen.add(new ToolWorkerPart(meters, Map.of()));
        case MODELS ->
            chosen.add(
                new ModelsPart(meters, models == null ? data.resolve("models") : models, Map.of()));
        case GATEWAY ->
            chosen.add(new GatewayPart(meters, checked("--gateway-port", gatewayPort()), Map.of()));
        default ->
            throw CommandException.usage(
                "--parts: expected %s, %s, %s, %s, %s or %s, but %s is given"
                    .formatted(OPERATIONS, LEDGER, TOOL_WORKER, MODELS, GATEWAY, NONE, part));
      }
    }
    return chosen;
  }

  private int gatewayPort() {
    if (gatewayPort != null) {
      return gatewayPort;
    }
    return port == 0 ? 0 : GATEWAY_PORT;
  }

  private static EmbeddedPlatform start(
      PlatformOptions options, PrometheusMeterRegistry meters, List<Part> parts) {
    try {
      return EmbeddedPlatform.start(options, meters, parts);
    } catch (DataDirectoryException e) {
      throw new CommandException(ExitCode.FAILED, String.valueOf(e.getMessage()), e);
    } catch (PortInUseException e) {
      throw new CommandException(
          ExitCode.FAILED,
          e.getMessage() + " The options: --port, --registry-port, --http-port, --gateway-port.",
          e);
    }
  }

  private void announce(EmbeddedPlatform platform, List<Part> running) {
    String bootstrap = platform.endpoints().bootstrapServers();
    String registry = platform.endpoints().schemaRegistryUrl();
    double seconds = platform.readyAfter().toMillis() / 1000.0;
    PrintWriter out = output.out();
    out.println("ready in %.1f s".formatted(seconds));
    out.println("  broker    " + bootstrap);
    out.println("  registry  " + registry);
    String gateway =
        running.stream()
            .filter(GatewayPart.class::isInstance)
            .map(part -> ((GatewayPart) part).url())
            .findFirst()
            .orElse("");
    if (!gateway.isEmpty()) {
      out.println("  gateway   " + gateway);
    }
    out.println("  metrics   " + platform.httpUrl() + "/metrics");
    out.println("  data      " + platform.endpoints().data());
    out.flush();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("ready_s", seconds);
    json.put("bootstrap", bootstrap);
    json.put("registry", registry);
    json.put("gateway", gateway);
    json.put("http", platform.httpUrl());
    json.put("data", platform.endpoints().data().toString());
    output.writeJson(json);
  }

  /** Lets the main thread stop everything in order before the JVM ends. */
  private static void stopAndWait(CountDownLatch stop, CountDownLatch stopped) {
    stop.countDown();
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int checked(String option, int value) {
    if (value < 0 || value > 65_535) {
      throw CommandException.usage(
          option + ": expected a port from 0 to 65535, but " + value + " is given");
    }
    return value;
  }
}
