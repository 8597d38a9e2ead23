package io.millrace.platform.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.platform.provision.Provisioner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {

  private static final Duration PROMPTLY = Duration.ofSeconds(10);

  private static EmbeddedBroker broker;
  private static Admin admin;

  @BeforeAll
  static void start(@TempDir Path folder) {
    broker = EmbeddedBroker.start(BrokerOptions.of(folder, 0));
    admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    new Provisioner(admin, Duration.ofSeconds(20)).provision(EmbeddedBroker.internalTopics());
  }

  @AfterAll
  static void stop() {
    admin.close();
    broker.close();
  }

  @Test
  void aShareGroupTakesWhatIsThere() throws Exception {
    topic("shared");
    ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "workers");
    admin
        .incrementalAlterConfigs(
            Map.of(
                group,
                List.of(
                    new AlterConfigOp(
                        new ConfigEntry("share.auto.offset.reset", "earliest"),
                        AlterConfigOp.OpType.SET))))
        .all()
        .get();
    send("shared", new byte[] {7}, Map.of());
    try (KafkaShareConsumer<byte[], byte[]> consumer =
        new KafkaShareConsumer<>(
            client(Map.of("group.id", "workers")),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.subscribe(List.of("shared"));
      List<byte[]> taken = new ArrayList<>();
      long deadline = System.nanoTime() + PROMPTLY.toNanos();
      while (taken.isEmpty() && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).forEach(r -> taken.add(r.value()));
      }
      assertThat(taken).hasSize(1);
    }
  }

  @Test
  void aClassicGroupMayHaveAShortSession() throws Exception {
    topic("grouped");
    send("grouped", new byte[] {7}, Map.of());
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            client(
                Map.of(
                    "group.id",
                    "readers",
                    "auto.offset.reset",
                    "earliest",
                    "session.timeout.ms",
                    3_000,
                    "heartbeat.interval.ms",
                    1_000)),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.subscribe(List.of("grouped"));
      assertThat(consumer.poll(PROMPTLY).count()).isEqualTo(1);
    }
  }

  @Test
  void aTransactionCommits() throws Exception {
    topic("exact");
    try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("transactional.id", "t"))) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("exact", new byte[] {1})).get();
      producer.commitTransaction();
    }
  }

  @Test
  void takesRecordsOfFourMebibytesAndRefusesLargerOnes() throws Exception {
    topic("large");
    Map<String, Object> roomy = Map.of("max.request.size", 16 << 20);
    send("large", new byte[4 << 20], roomy);
    assertThatThrownBy(() -> send("large", new byte[8 << 20], roomy))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(RecordTooLargeException.class);
  }

  @Test
  void createsNoTopicByItself() {
    assertThatThrownBy(() -> send("never-made", new byte[1], Map.of("max.block.ms", 300)))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(TimeoutException.class);
  }

  @Test
  void refusesAPortThatIsInUse(@TempDir Path other) {
    assertThatThrownBy(() -> EmbeddedBroker.start(BrokerOptions.of(other, broker.port())))
        .isInstanceOf(BrokerStartException.class)
        .hasMessageContaining("Port " + broker.port());
    assertThatThrownBy(() -> BrokerOptions.of(other, 70_000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("70000");
  }

  @Test
  void refusesADirectoryThatIsAFile(@TempDir Path other) throws Exception {
    Path file = Files.createFile(other.resolve("file"));
    assertThatThrownBy(() -> EmbeddedBroker.start(BrokerOptions.of(file, 0)))
        .isInstanceOf(BrokerStartException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("writable");
  }

  private static void topic(String name) throws Exception {
    admin.createTopics(List.of(new NewTopic(name, Optional.of(1), Optional.empty()))).all().get();
  }

  private static void send(String topic, byte[] value, Map<String, Object> settings)
      throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
      producer.send(new ProducerRecord<>(topic, value)).get();
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
    return new KafkaProducer<>(
        client(settings), new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static Map<String, Object> client(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("bootstrap.servers", broker.bootstrapServers());
    return all;
  }
}
