package io.millrace.platform.models;

import io.millrace.events.TargetSpec;
import io.millrace.inference.ModelException;
import io.millrace.platform.provision.Pools;
import io.millrace.platform.provision.ProvisioningException;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps {@code targets} as a model repository is, once a second, on a thread of its own. */
public final class RepositoryWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RepositoryWatch.class);
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration SETUP = Duration.ofSeconds(20);
  private static final String POOL_PREFIX = "pool:";

  private final RepositoryScan scan;
  private final Path directory;
  private final String pool;
  private final Map<String, Object> kafka;
  private final Map<String, Object> serde;
  private final Runnable onModels;
  private final Thread thread = new Thread(this::run, "model-repository");
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile boolean looked;
  private boolean any;
  private boolean pooled;

  /**
   * Does nothing before {@link #start}.
   *
   * @param directory Triton's layout; may be missing
   * @param pool whose workers are to run the models
   * @param onModels called once, before the first model is declared
   */
  public RepositoryWatch(
      Path directory, String pool, String bootstrap, String registry, Runnable onModels) {
    this.scan = new RepositoryScan(directory, pool);
    this.directory = directory;
    this.pool = pool;
    this.kafka = Map.of("bootstrap.servers", bootstrap);
    this.serde = Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, registry);
    this.onModels = onModels;
  }

  /** Starts; returns at once. */
  public void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether the repository was looked through once and what was found is declared. */
  public boolean looked() {
    return looked;
  }

  private void run() {
    try {
      // Most platforms have no models: no clients for those.
      while (!Files.isDirectory(directory)) {
        looked = true;
        if (stopping.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
      watch();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch() throws InterruptedException {
    try (KafkaProducer<String, TargetSpec> producer =
            new KafkaProducer<>(kafka, new StringSerializer(), EventSerializer.forValues(serde));
        FollowedTargets targets =
            new FollowedTargets(kafka, serde, () -> stopping.getCount() == 0)) {
      boolean known = false;
      do {
        try {
          Map<String, TargetSpec> declared = targets.now();
          if (!known) {
            scan.declared(declared);
            pooled = declared.containsKey(POOL_PREFIX + pool);
            known = true;
          }
          declare(producer, scan.look(System.currentTimeMillis(), unloaded(declared)));
          looked = true;
        } catch (ModelException | KafkaException | ProvisioningException e) {
          // What was found may not be declared: that is seen by reading what is.
          known = false;
          LOG.warn(
              "The models in {} could not be declared; trying again: {}", directory, e.toString());
        }
      } while (!stopping.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
    }
  }

  private static Set<String> unloaded(Map<String, TargetSpec> declared) {
    Set<String> unloaded = new HashSet<>();
    declared.forEach(
        (key, spec) -> {
          if (spec.getUnloaded()) {
            unloaded.add(key);
          }
        });
    return unloaded;
  }

  private void declare(KafkaProducer<String, TargetSpec> producer, RepositoryScan.Changes changes) {
    changes
        .problems()
        .forEach((model, problem) -> LOG.warn("Model {} is not served: {}", model, problem));
    if (!any && scan.any()) {
      onModels.run();
      any = true;
    }
    if (changes.targets().isEmpty()) {
      return;
    }
    Instant now = Instant.now();
    if (!pooled) {
      registerPool(producer, now);
      pooled = true;
    }
    changes
        .targets()
        .forEach(
            (key, spec) -> {
              producer.send(new ProducerRecord<>(Topics.TARGETS.name(), key, stamped(spec, now)));
              LOG.info("{} is {}", key, spec == null ? "removed" : "declared");
            });
    producer.flush();
  }

  /** A platform without tools has no pool yet; one that is there keeps its policies. */
  private void registerPool(KafkaProducer<String, TargetSpec> producer, Instant now) {
    try (Admin admin = Admin.create(kafka)) {
      new Pools(admin, serde, SETUP).create(List.of(pool));
    }
    String key = POOL_PREFIX + pool;
    TargetSpec spec = TargetSpec.newBuilder().setTarget(key).setName(pool).setPool(pool).build();
    producer.send(new ProducerRecord<>(Topics.TARGETS.name(), key, stamped(spec, now)));
  }

  private static @Nullable TargetSpec stamped(@Nullable TargetSpec spec, Instant now) {
    if (spec == null) {
      return null;
    }
    TargetSpec stamped = TargetSpec.newBuilder(spec).build();
    stamped.setId(Ids.v7(now.toEpochMilli(), ThreadLocalRandom.current()));
    stamped.setOccurredAt(now);
    return stamped;
  }

  /** Stops; what is declared stays. */
  @Override
  public void close() {
    stopping.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
