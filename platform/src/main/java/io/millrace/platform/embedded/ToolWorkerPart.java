package io.millrace.platform.embedded;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.TargetSpec;
import io.millrace.platform.provision.DeclaredTargets;
import io.millrace.platform.provision.Pools;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topics;
import io.millrace.toolworker.ToolWorker;
import io.millrace.toolworker.ToolWorkerConfig;
import io.millrace.worker.runtime.WorkerConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** A worker for the tools of every pool, and the pool {@code default}. */
public final class ToolWorkerPart implements Part {
  private static final String DEFAULT_POOL = "default";
  private static final Duration SETUP = Duration.ofSeconds(20);

  private final MeterRegistry meters;
  private final Map<String, String> settings;
  private volatile @Nullable ToolWorker worker;

  /**
   * @param settings further settings of the worker
   */
  public ToolWorkerPart(MeterRegistry meters, Map<String, String> settings) {
    this.meters = meters;
    this.settings = settings;
  }

  @Override
  public String name() {
    return "tool-worker";
  }

  @Override
  public void start(Endpoints endpoints) {
    Map<String, Object> serde =
        Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", endpoints.bootstrapServers()))) {
      new Pools(admin, serde, SETUP).create(List.of(DEFAULT_POOL));
    }
    declarePool(endpoints, serde);
    Map<String, String> all = new HashMap<>();
    all.put(WorkerConfig.POOLS, "*");
    all.put(WorkerConfig.SCALED, "true");
    all.putAll(settings);
    all.put(WorkerConfig.BOOTSTRAP_SERVERS, endpoints.bootstrapServers());
    all.put(WorkerConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    ToolWorker started = new ToolWorker(new ToolWorkerConfig(all), meters);
    worker = started;
    started.start();
  }

  /** What an operator declared of the pool stays. */
  private static void declarePool(Endpoints endpoints, Map<String, Object> serde) {
    String key = "pool:" + DEFAULT_POOL;
    Map<String, Object> kafka = Map.of("bootstrap.servers", endpoints.bootstrapServers());
    if (DeclaredTargets.read(kafka, serde, () -> false).containsKey(key)) {
      return;
    }
    Instant now = Instant.now();
    TargetSpec pool =
        TargetSpec.newBuilder()
            .setId(Ids.v7(now.toEpochMilli(), ThreadLocalRandom.current()))
            .setOccurredAt(now)
            .setTarget(key)
            .setName(DEFAULT_POOL)
            .setPool(DEFAULT_POOL)
            .build();
    try (KafkaProducer<String, TargetSpec> producer =
        new KafkaProducer<>(kafka, new StringSerializer(), EventSerializer.forValues(serde))) {
      producer.send(new ProducerRecord<>(Topics.TARGETS.name(), key, pool)).get();
    } catch (ExecutionException e) {
      throw new PlatformStartException(
          "the pool %s cannot be declared: %s".formatted(DEFAULT_POOL, e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PlatformStartException("interrupted while a pool was declared", e);
    }
  }

  @Override
  public boolean ready() {
    ToolWorker running = worker;
    return running != null
        && running.ready().isDone()
        && !running.ready().isCompletedExceptionally();
  }

  @Override
  public void close() {
    ToolWorker running = worker;
    if (running != null) {
      running.close();
    }
  }
}
