package io.millrace.platform.embedded;

import io.millrace.schemas.serde.SerdeConfig;
import io.millrace.schemas.serde.TopicSchemas;
import io.millrace.schemas.topics.Topics;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schemas of the catalogue in the registry, before the first record, so that clients of other
 * languages can look them up.
 *
 * <p>Works beside the parts that start after it. A registry that refuses a schema does not hold up
 * the platform: whoever writes that topic hears of it.
 */
public final class SchemasPart implements Part {
  private static final Logger LOG = LoggerFactory.getLogger(SchemasPart.class);

  private volatile @Nullable CompletableFuture<Void> registered;

  @Override
  public String name() {
    return "schemas";
  }

  @Override
  public void start(Endpoints endpoints) {
    registered = CompletableFuture.runAsync(() -> register(endpoints.schemaRegistryUrl()));
  }

  private static void register(String registryUrl) {
    try {
      TopicSchemas.register(Topics.all(), Map.of(SerdeConfig.SCHEMA_REGISTRY_URL, registryUrl));
    } catch (RuntimeException e) {
      LOG.warn("The schemas of the catalogue are not all registered: {}", e.getMessage());
    }
  }

  @Override
  public boolean ready() {
    CompletableFuture<Void> running = registered;
    return running != null && running.isDone();
  }

  @Override
  public void close() {
    CompletableFuture<Void> running = registered;
    if (running != null) {
      running.join();
    }
  }
}
