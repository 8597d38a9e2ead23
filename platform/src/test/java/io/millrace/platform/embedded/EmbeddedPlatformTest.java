package io.millrace.platform.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.platform.broker.BrokerStartException;
import io.millrace.platform.data.DataDirectoryException;
import io.millrace.platform.data.PlatformFile;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.http.PortInUseException;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPlatformTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String SCHEMA = "{\"schema\":\"\\\"long\\\"\"}";

  @TempDir Path folder;

  @Test
  void keepsSchemasIdsAndRecordsOverARestart() throws Exception {
    try (EmbeddedPlatform first = start(List.of())) {
      post(first.endpoints(), "/subjects/other/versions", "{\"schema\":\"\\\"int\\\"\"}");
      post(first.endpoints(), "/subjects/s/versions", SCHEMA);
      write(first.endpoints(), "kept");
    }
    try (EmbeddedPlatform second = start(List.of())) {
      assertThat(post(second.endpoints(), "/subjects/s/versions", SCHEMA)).isEqualTo("{\"id\":2}");
      assertThat(read(second.endpoints())).containsExactly("kept");
    }
  }

  @Test
  void keepsSchemasIdsAndRecordsOverAKillAndIsBackInTime() throws Exception {
    Process process = startProcess();
    try {
      Endpoints killed = awaitReady(process);
      post(killed, "/subjects/other/versions", "{\"schema\":\"\\\"int\\\"\"}");
      post(killed, "/subjects/s/versions", SCHEMA);
      write(killed, "kept");
      assertThatThrownBy(() -> start(List.of()))
          .isInstanceOf(DataDirectoryException.class)
          .hasMessageContaining("process " + process.pid())
          .hasMessageContaining(killed.bootstrapServers());
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(PlatformFile.read(folder).orElseThrow().isRunning()).isFalse();
    long started = System.nanoTime();
    try (EmbeddedPlatform second = start(List.of())) {
      assertThat(Duration.ofNanos(System.nanoTime() - started))
          .as("less than the dead broker's session lasts")
          .isLessThan(Duration.ofSeconds(9));
      assertThat(post(second.endpoints(), "/subjects/s/versions", SCHEMA)).isEqualTo("{\"id\":2}");
      assertThat(read(second.endpoints())).containsExactly("kept");
    }
  }

  @Test
  void startsPartsInOrderAndStopsThemInReverse() throws Exception {
    List<String> events = new ArrayList<>();
    List<Part> parts = List.of(new Recording("one", events), new Recording("two", events));
    try (EmbeddedPlatform platform = start(parts)) {
      assertThat(platform.readyAfter()).isPositive();
      assertThat(body(platform.httpUrl() + "/readyz"))
          .contains("\"ready\":true", "broker", "topics", "registry", "one", "two");
      assertThat(PlatformFile.read(folder).orElseThrow().bootstrapServers())
          .isEqualTo(platform.endpoints().bootstrapServers());
    }
    assertThat(events).containsExactly("start one", "start two", "close two", "close one");
    assertThat(PlatformFile.read(folder)).isEmpty();
  }

  @Test
  void stopsWhatHadStartedWhenAPartFails() {
    List<String> events = new ArrayList<>();
    Part failing =
        new Recording("two", events) {
          @Override
          public void start(Endpoints endpoints) {
            throw new IllegalStateException("no luck");
          }
        };
    assertThatThrownBy(() -> start(List.of(new Recording("one", events), failing)))
        .hasMessage("no luck");
    assertThat(events).containsExactly("start one", "close two", "close one");
    start(List.of()).close();
  }

  @Test
  void doesNotWaitForAnApplicationThatFailedInItsStart() {
    List<NewTopic> without =
        Topics.all().stream()
            .filter(topic -> !topic.name().equals(Topics.TARGETS.name()))
            .map(topic -> Provisioner.embedded(topic, 1))
            .toList();
    PlatformOptions patient =
        new PlatformOptions(folder, 0, 0, 0, false, without, Duration.ofMinutes(3));
    assertThatThrownBy(
            () ->
                EmbeddedPlatform.start(
                    patient, metrics(), List.of(new OperationsPart(metrics(), Map.of()))))
        .isInstanceOf(PlatformStartException.class)
        .hasMessageContaining("'operations' could not start");
  }

  @Test
  void namesThePartThatDoesNotBecomeReady() {
    Part slow =
        new Recording("slow", new ArrayList<>()) {
          @Override
          public boolean ready() {
            return false;
          }
        };
    PlatformOptions all = PlatformProcess.options(folder);
    PlatformOptions hasty =
        new PlatformOptions(folder, 0, 0, 0, false, all.topics(), Duration.ofSeconds(3));
    assertThatThrownBy(() -> EmbeddedPlatform.start(hasty, metrics(), List.of(slow)))
        .isInstanceOf(PlatformStartException.class)
        .hasMessageContaining("'slow'");
  }

  @Test
  void saysWhichPortIsInUse() throws IOException {
    try (ServerSocket taken =
        new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
      PlatformOptions options =
          new PlatformOptions(
              folder, taken.getLocalPort(), 0, 0, false, List.of(), Duration.ofSeconds(20));
      assertThatThrownBy(() -> EmbeddedPlatform.start(options, metrics(), List.of()))
          .isInstanceOf(BrokerStartException.class)
          .hasMessageContaining("Port " + taken.getLocalPort())
          .hasMessageContaining("--port 0");
    }
  }

  @Test
  void saysWhenTheRegistrysPortIsInUseAndLetsGoOfTheDirectory() throws IOException {
    try (ServerSocket taken =
        new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
      PlatformOptions options =
          new PlatformOptions(
              folder, 0, taken.getLocalPort(), 0, false, List.of(), Duration.ofSeconds(20));
      assertThatThrownBy(() -> EmbeddedPlatform.start(options, metrics(), List.of()))
          .isInstanceOf(PortInUseException.class)
          .hasMessageContaining("schema registry");
    }
    start(List.of()).close();
  }

  @Test
  void twoPlatformsRunSideBySide(@TempDir Path other) throws Exception {
    try (EmbeddedPlatform one = start(List.of());
        EmbeddedPlatform two =
            EmbeddedPlatform.start(PlatformProcess.options(other), metrics(), List.of())) {
      write(one.endpoints(), "for one");
      write(two.endpoints(), "for two");
      assertThat(read(one.endpoints())).containsExactly("for one");
      assertThat(read(two.endpoints())).containsExactly("for two");
    }
  }

  private static class Recording implements Part {
    private final String name;
    private final List<String> events;

    Recording(String name, List<String> events) {
      this.name = name;
      this.events = events;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void start(Endpoints endpoints) {
      events.add("start " + name);
    }

    @Override
    public boolean ready() {
      return true;
    }

    @Override
    public void close() {
      events.add("close " + name);
    }
  }

  private EmbeddedPlatform start(List<Part> parts) {
    return EmbeddedPlatform.start(PlatformProcess.options(folder), metrics(), parts);
  }

  private static PrometheusMeterRegistry metrics() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  private Process startProcess() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            PlatformProcess.class.getName(),
            folder.toString())
        .inheritIO()
        .start();
  }

  private Endpoints awaitReady(Process process) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .failFast("the platform's process ended", () -> !process.isAlive())
        .until(
            () -> PlatformFile.read(folder),
            f -> f.isPresent() && f.get().ready() && f.get().pid() == process.pid())
        .map(
            f ->
                new Endpoints(
                    String.valueOf(f.bootstrapServers()),
                    String.valueOf(f.schemaRegistryUrl()),
                    folder))
        .orElseThrow();
  }

  private static void write(Endpoints endpoints, String value) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", endpoints.bootstrapServers()),
            new StringSerializer(),
            new StringSerializer())) {
      producer.send(new ProducerRecord<>("events", 0, "k", value)).get();
    }
  }

  private static List<String> read(Endpoints endpoints) {
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", endpoints.bootstrapServers()),
            new StringDeserializer(),
            new StringDeserializer())) {
      TopicPartition partition = new TopicPartition("events", 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      List<String> values = new ArrayList<>();
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofMillis(200)).forEach(r -> values.add(r.value()));
      }
      return values;
    }
  }

  private static String post(Endpoints endpoints, String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoints.schemaRegistryUrl() + path))
            .POST(BodyPublishers.ofString(body))
            .build();
    return HTTP.send(request, BodyHandlers.ofString()).body();
  }

  private static String body(String url) throws Exception {
    return HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
        .body();
  }
}
