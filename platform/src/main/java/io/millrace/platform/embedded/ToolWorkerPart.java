package io.millrace.platform.embedded;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.TargetSpec;
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
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", endpoints.bootstrapServers()))) {
      new Pools(admin, SETUP).create(List.of(DEFAULT_POOL));
    }
    registerPool(endpoints);
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

  private static void registerPool(Endpoints endpoints) {
    Instant now = Instant.now();
    String key = "pool:" + DEFAULT_POOL;
    TargetSpec pool =
        TargetSpec.newBuilder()
            .setId(Ids.v7(now.toEpochMilli(), ThreadLocalRandom.current()))
            .setOccurredAt(now)
            .setTarget(key)
            .setName(DEFAULT_POOL)
            .setPool(DEFAULT_POOL)
            .build();
    try (KafkaProducer<String, TargetSpec> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", endpoints.bootstrapServers()),
            new StringSerializer(),
            EventSerializer.forValues(
                Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl())))) {
      producer.send(new ProducerRecord<>(Topics.TARGETS.name(), key, pool));
      producer.flush();
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
