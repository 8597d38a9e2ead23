package io.millrace.platform.embedded;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.platform.broker.BrokerOptions;
import io.millrace.platform.broker.EmbeddedBroker;
import io.millrace.platform.data.DataDirectory;
import io.millrace.platform.provision.Provisioner;
import io.millrace.platform.registry.SchemaRegistryServer;
import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.Readiness;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole platform in this JVM: started in order, stopped in the reverse order.
 *
 * <p>The order is: the data directory, the admin server, the broker, the topics, the registry, the
 * caller's {@link Part}s. Nothing is printed; {@link #readyAfter} says how long it took.
 */
public final class EmbeddedPlatform implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPlatform.class);
  private static final Duration READY_POLL = Duration.ofMillis(5);

  private static final String BROKER = "broker";
  private static final String TOPICS = "topics";
  private static final String REGISTRY = "registry";

  private final PlatformOptions options;
  private final List<Part> parts;
  private final Set<String> done = ConcurrentHashMap.newKeySet();
  private final Deque<Started> started = new ArrayDeque<>();
  private final long deadline;
  private Endpoints endpoints = new Endpoints("", "", Path.of(""));
  private String httpUrl = "";
  private Duration readyAfter = Duration.ZERO;

  private record Started(String name, AutoCloseable closing) {}

  private EmbeddedPlatform(PlatformOptions options, List<Part> parts) {
    this.options = options;
    this.parts = new CopyOnWriteArrayList<>(parts);
    this.deadline = System.nanoTime() + options.startTimeout().toNanos();
  }

  /**
   * Starts everything and returns when every part is ready. When something fails, what had started
   * is stopped again.
   *
   * @param metrics what {@code /metrics} shows
   * @param parts in the order of their start; closed by this platform
   * @throws PlatformStartException when a part is not ready in time
   * @throws RuntimeException as the broker, the registry, the provisioning or a part throws it
   */
  public static EmbeddedPlatform start(
      PlatformOptions options, PrometheusMeterRegistry metrics, List<Part> parts) {
    EmbeddedPlatform platform = new EmbeddedPlatform(options, parts);
    try {
      platform.run(metrics);
      return platform;
    } catch (RuntimeException | Error e) {
      platform.close();
      throw e;
    }
  }

  private void run(PrometheusMeterRegistry metrics) {
    DataDirectory data = keep("data directory", DataDirectory.hold(options.data()));
    AdminServer admin =
        keep(
            "admin server",
            AdminServer.start(options.httpPort(), metrics::scrape, this::readiness));
    httpUrl = admin.url();
    EmbeddedBroker broker =
        keep(
            BROKER,
            EmbeddedBroker.start(
                new BrokerOptions(
                    data.path().resolve("kafka"), options.port(), options.flushBeforeAck())));
    done.add(BROKER);
    SchemaRegistryServer registry = topicsAndRegistry(broker.bootstrapServers());
    endpoints = new Endpoints(broker.bootstrapServers(), registry.url(), data.path());
    for (Part part : parts) {
      keep(part.name(), part);
      part.start(endpoints);
    }
    parts.forEach(this::await);
    data.ready(
        endpoints.bootstrapServers(),
        endpoints.schemaRegistryUrl(),
        httpUrl,
        parts.stream().map(Part::url).filter(url -> !url.isEmpty()).toList());
    readyAfter =
        Duration.ofMillis(
            System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime());
  }

  /**
   * The registry's topic first: the broker makes the others, partition by partition, while the
   * registry starts.
   */
  private SchemaRegistryServer topicsAndRegistry(String bootstrapServers) {
    try (Admin admin =
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                AdminClientConfig.CLIENT_ID_CONFIG, "millrace-provisioner",
                AdminClientConfig.METRIC_REPORTER_CLASSES_CONFIG, ""))) {
      Provisioner provisioner = new Provisioner(admin, options.startTimeout());
      List<NewTopic> own = new ArrayList<>(EmbeddedBroker.internalTopics());
      own.add(SchemaRegistryServer.topic());
      provisioner.provision(own);
      CompletableFuture<SchemaRegistryServer> starting =
          CompletableFuture.supplyAsync(
              () -> SchemaRegistryServer.start(bootstrapServers, options.registryPort()));
      try {
        provisioner.provision(options.topics());
        done.add(TOPICS);
      } finally {
        // Also when the topics failed: what started must be kept, to be closed again.
        starting
            .handle((registry, failure) -> registry == null ? null : keep(REGISTRY, registry))
            .join();
      }
      SchemaRegistryServer registry = joined(starting);
      done.add(REGISTRY);
      return registry;
    }
  }

  private static <T> T joined(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void await(Part part) {
    while (!part.ready()) {
      if (System.nanoTime() - deadline > 0) {
        throw new PlatformStartException(
            "The part '"
                + part.name()
                + "' was not ready within "
                + options.startTimeout()
                + "; its log lines say why.");
      }
      LockSupport.parkNanos(READY_POLL.toNanos());
    }
  }

  private <T extends AutoCloseable> T keep(String name, T closing) {
    started.push(new Started(name, closing));
    return closing;
  }

  /** Starts one more part, for which nobody waits; it is closed by this platform as well. */
  public void add(Part part) {
    keep(part.name(), part);
    parts.add(part);
    part.start(endpoints);
  }

  /** The state of each part, in the order of their start. */
  public Readiness readiness() {
    List<Readiness.Part> states = new ArrayList<>();
    for (String own : List.of(BROKER, TOPICS, REGISTRY)) {
      states.add(new Readiness.Part(own, done.contains(own), ""));
    }
    for (Part part : parts) {
      states.add(new Readiness.Part(part.name(), part.ready(), ""));
    }
    return new Readiness(states);
  }

  /** Where the broker and the registry are. */
  public Endpoints endpoints() {
    return endpoints;
  }

  /** Where {@code /metrics}, {@code /livez} and {@code /readyz} are. */
  public String httpUrl() {
    return httpUrl;
  }

  /** From the start of the JVM until everything was ready. */
  public Duration readyAfter() {
    return readyAfter;
  }

  /** Stops the parts, the registry and the broker, in this order; the data stay. */
  @Override
  public void close() {
    done.clear();
    while (!started.isEmpty()) {
      Started last = started.pop();
      try {
        last.closing().close();
      } catch (Exception e) {
        // What comes after must still be stopped.
        LOG.warn("The {} did not stop in order", last.name(), e);
      }
    }
  }
}
