package io.millrace.benchmarks.client;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.ConcurrencyLimit;
import io.millrace.events.Hedge;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Throttle;
import io.millrace.platform.provision.Pools;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Declares the pool and the tools that a benchmark needs, as {@code millrace apply} would. */
public final class Declarations {
  private static final Duration WAIT = Duration.ofSeconds(20);

  /** The pool that all of it runs in. */
  public static final String POOL = "default";

  static {
    AvroSafety.establish();
  }

  private Declarations() {}

  /** An uncacheable tool that the built-in one of the given name runs. */
  public static TargetSpec tool(String name, String builtin, boolean idempotent) {
    return spec("tool:" + name)
        .setKind(TargetKind.TOOL)
        .setName(name)
        .setBuiltin(builtin)
        .setIdempotent(idempotent)
        .build();
  }

  /** An idempotent tool with every control on, each as it is by default. */
  public static TargetSpec controlled(String name, String builtin) {
    return TargetSpec.newBuilder(tool(name, builtin, true))
        .setAdaptiveTimeout(AdaptiveTimeout.newBuilder().build())
        .setConcurrencyLimit(ConcurrencyLimit.newBuilder().build())
        .setThrottle(Throttle.newBuilder().build())
        .setHedge(Hedge.newBuilder().build())
        .build();
  }

  /** Makes the pool {@code default} and declares the tools in it. */
  public static void declare(Connection connection, List<TargetSpec> tools) {
    try (Admin admin = connection.admin()) {
      new Pools(admin, connection.serde(), WAIT).create(List.of(POOL));
    }
    try (Producer<String, TargetSpec> producer = connection.producer(Topics.TARGETS, Map.of())) {
      TargetSpec pool = spec("pool:" + POOL).setName(POOL).build();
      producer.send(new ProducerRecord<>(Topics.TARGETS.name(), pool.getTarget(), pool));
      for (TargetSpec tool : tools) {
        producer.send(new ProducerRecord<>(Topics.TARGETS.name(), tool.getTarget(), tool));
      }
      producer.flush();
    }
  }

  private static TargetSpec.Builder spec(String target) {
    Instant now = Instant.now();
    return TargetSpec.newBuilder()
        .setId(Ids.v7(now.toEpochMilli(), ThreadLocalRandom.current()))
        .setOccurredAt(now)
        .setTarget(target)
        .setPool(POOL);
  }
}
