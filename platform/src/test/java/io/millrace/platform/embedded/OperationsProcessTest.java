package io.millrace.platform.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.OperationsMain;
import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operations application as a process of its own, as clusters run it. */
@Timeout(120)
class OperationsProcessTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path folder;

  @Test
  void itServesItsMetricsAndHealthUntilItIsToldToStop() throws Exception {
    List<NewTopic> topics = Topics.all().stream().map(Provisioner::embedded).toList();
    try (EmbeddedPlatform cluster = cluster(topics)) {
      int port = freePorts(1)[0];
      Process operations = start(cluster.endpoints(), port);
      try {
        await()
            .atMost(Duration.ofSeconds(60))
            .failFast("the process ended", () -> !operations.isAlive())
            .ignoreExceptionsInstanceOf(ConnectException.class)
            .until(() -> get(port, "/readyz").statusCode() == 200);
        assertThat(get(port, "/readyz").body())
            .isEqualTo(
                "{\"ready\":true,\"parts\":{\"operations\":{\"ready\":true,\"detail\":\"\"},"
                    + "\"ledger\":{\"ready\":true,\"detail\":\"\"}}}");
        assertThat(get(port, "/livez").statusCode()).isEqualTo(200);
        assertThat(get(port, "/metrics").body())
            .contains("millrace_lag_records", "millrace_calls_in_flight", "millrace_store_bytes");
      } finally {
        operations.destroy();
      }
      assertThat(operations.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(operations.exitValue()).as("128 and SIGTERM").isEqualTo(143);
    }
  }

  @Test
  void itWaitsForBrokersThatAreAway() throws Exception {
    int[] ports = freePorts(3);
    int broker = ports[0];
    int registry = ports[1];
    int port = ports[2];
    Endpoints away =
        new Endpoints("127.0.0.1:" + broker, "http://127.0.0.1:" + registry, Path.of(""));
    Process operations = start(away, port);
    try {
      await().atMost(Duration.ofSeconds(60)).until(() -> output().contains("do not answer"));
      assertThat(get(port, "/readyz").statusCode()).isEqualTo(503);
      assertThat(get(port, "/readyz").body()).contains("waits for the brokers");
      List<NewTopic> topics = Topics.all().stream().map(Provisioner::embedded).toList();
      try (EmbeddedPlatform cluster = cluster(topics, broker, registry)) {
        await()
            .atMost(Duration.ofSeconds(60))
            .failFast("the process ended", () -> !operations.isAlive())
            .until(() -> get(port, "/readyz").statusCode() == 200);
        assertThat(cluster.readiness().ready()).isTrue();
        operations.destroy();
        assertThat(operations.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      operations.destroyForcibly();
    }
  }

  @Test
  void itEndsWithOneClearLineWithoutTheTopicsOrOnAPortInUse() throws Exception {
    try (EmbeddedPlatform empty = cluster(List.of())) {
      Process without = start(empty.endpoints(), 0);
      assertThat(without.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(without.exitValue()).isEqualTo(1);
      assertThat(output()).contains("topic tool.calls cannot be described", "provision the topics");
    }
    List<NewTopic> topics = Topics.all().stream().map(Provisioner::embedded).toList();
    try (EmbeddedPlatform cluster = cluster(topics)) {
      Process refused = start(cluster.endpoints(), URI.create(cluster.httpUrl()).getPort());
      assertThat(refused.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(refused.exitValue()).isEqualTo(2);
      assertThat(output()).contains("is in use", "admin server");
    }
  }

  @Test
  void itEndsWithOneClearLineWhereNobodyKnowsTheBrokersName() throws Exception {
    Process lost =
        start(new Endpoints("nowhere.invalid:9092", "http://127.0.0.1:1", Path.of("")), 0);
    assertThat(lost.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(lost.exitValue()).isEqualTo(1);
    assertThat(output()).contains("resolvable bootstrap").doesNotContain("\tat ");
  }

  private EmbeddedPlatform cluster(List<NewTopic> topics) {
    return cluster(topics, 0, 0);
  }

  private EmbeddedPlatform cluster(List<NewTopic> topics, int port, int registryPort) {
    return EmbeddedPlatform.start(
        new PlatformOptions(
            folder.resolve("cluster"),
            port,
            registryPort,
            0,
            false,
            topics,
            Duration.ofSeconds(60)),
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
        List.of());
  }

  private Process start(Endpoints endpoints, int port) throws IOException {
    Path settings =
        Files.writeString(
            folder.resolve("operations.properties"),
            """
            bootstrap.servers=%s
            schema.registry.url=%s
            state.dir=%s
            http.port=%d
            """
                .formatted(
                    endpoints.bootstrapServers(),
                    endpoints.schemaRegistryUrl(),
                    folder.resolve("state"),
                    port));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            OperationsMain.class.getName(),
            settings.toString())
        .redirectErrorStream(true)
        .redirectOutput(outputFile())
        .start();
  }

  private File outputFile() {
    return folder.resolve("output").toFile();
  }

  private String output() throws IOException {
    return Files.readString(outputFile().toPath());
  }

  /** Different ones: each is held until all are known. */
  private static int[] freePorts(int count) throws IOException {
    int[] ports = new int[count];
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        ports[i] = held.get(i).getLocalPort();
      }
      return ports;
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    return HTTP.send(request, BodyHandlers.ofString());
  }
}
