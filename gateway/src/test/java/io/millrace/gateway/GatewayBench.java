package io.millrace.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.worker.fixture.TestBroker;
import io.millrace.worker.fixture.TestRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** A gateway on a broker of its own; the test plays the topologies. */
public final class GatewayBench implements AutoCloseable {
  public static final int PARTITIONS = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TestRegistry registry = new TestRegistry();
  private final TestBroker broker;
  private final KafkaProducer<String, byte[]> producer;
  private final List<SpecificRecord> seen = new CopyOnWriteArrayList<>();
  private final Thread reader;
  private final KafkaConsumer<String, byte[]> consumer;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Gateway gateway;
  private volatile Consumer<SpecificRecord> topologies = record -> {};

  public GatewayBench(Path directory, Map<String, String> settings) throws Exception {
    broker = new TestBroker(directory);
    Set<Topic<?>> written =
        Stream.<Topic<?>>concat(
                Topics.all().stream().filter(Topic::clientsWrite),
                Stream.of(Topics.REJECTIONS, Topics.TARGETS, Topics.WORKERS, Topics.ALERTS))
            .collect(Collectors.toSet());
    List<String> names = new ArrayList<>(written.stream().map(Topic::name).toList());
    names.add(Topics.TOOL_PLAN_RESULTS.name());
    names.add(InferenceTopics.ATTEMPTS.name());
    broker.topics(PARTITIONS, names);
    Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrap());
    producer = new KafkaProducer<>(client, new StringSerializer(), new ByteArraySerializer());
    consumer = new KafkaConsumer<>(client, new StringDeserializer(), new ByteArrayDeserializer());
    List<Topic<?>> heard =
        List.of(
            Topics.TOOL_CALLS,
            Topics.TOOL_PLANS,
            Topics.TOOL_CANCELS,
            Topics.REJECTIONS,
            InferenceTopics.REQUESTS,
            InferenceTopics.CANCELS);
    reader = new Thread(() -> read(heard), "bench-reader");
    reader.start();
    Map<String, String> all = new HashMap<>(serde());
    all.put("bootstrap.servers", broker.bootstrap());
    all.put("gateway.port", "0");
    all.putAll(settings);
    gateway =
        Gateway.start(
            new GatewayConfig(all), new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    gateway.ready().get(30, TimeUnit.SECONDS);
  }

  private Map<String, String> serde() {
    return Map.of("schema.registry.url", registry.url());
  }

  private void read(List<Topic<?>> topics) {
    Map<String, EventDeserializer<?>> readers = new HashMap<>();
    List<TopicPartition> partitions = new ArrayList<>();
    for (Topic<?> topic : topics) {
      readers.put(topic.name(), EventDeserializer.forValues(topic.record(), serde()));
      for (int i = 0; i < PARTITIONS; i++) {
        partitions.add(new TopicPartition(topic.name(), i));
      }
    }
    try (consumer) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (true) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          SpecificRecord read =
              (SpecificRecord)
                  readers.get(record.topic()).deserialize(record.topic(), record.value());
          seen.add(read);
          topologies.accept(read);
        }
      }
    } catch (WakeupException e) {
      // The bench is closed.
    }
  }

  public Gateway gateway() {
    return gateway;
  }

  /** What the gateway wrote of a class, in order. */
  public <T> List<T> seen(Class<T> type) {
    return seen.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Gets every record that the gateway writes. */
  public void topologies(Consumer<SpecificRecord> topologies) {
    this.topologies = topologies;
  }

  /** Writes a record of the rest of the platform. */
  public <T extends SpecificRecord> RecordMetadata write(
      Topic<T> topic, @Nullable Integer partition, String key, @Nullable T record) {
    try {
      byte[] bytes =
          record == null
              ? null
              : EventSerializer.forValues(serde()).serialize(topic.name(), record);
      return producer.send(new ProducerRecord<>(topic.name(), partition, key, bytes)).get();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes bytes that are no record. */
  public void writeBytes(Topic<?> topic, int partition, String key, byte[] bytes) throws Exception {
    producer.send(new ProducerRecord<>(topic.name(), partition, key, bytes)).get();
  }

  public HttpClient http() {
    return http;
  }

  public URI uri(String path) {
    return URI.create(gateway.url() + path);
  }

  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  public HttpResponse<String> post(String path, String body, String... headers)
      throws IOException, InterruptedException {
    return http.send(request(path, body, headers), BodyHandlers.ofString());
  }

  public HttpRequest request(String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .POST(BodyPublishers.ofString(body, StandardCharsets.UTF_8));
    return headers.length == 0 ? request.build() : request.headers(headers).build();
  }

  public static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  @Override
  public void close() throws Exception {
    gateway.close();
    consumer.wakeup();
    reader.join();
    producer.close();
    registry.close();
    broker.close();
  }
}
