package io.millrace.topologies.targets;

import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaException;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import io.millrace.events.HealthStatus;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.ensemble.Parts;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets, pools and health statuses as this instance knows them; fed by the global tables,
 * read by every stream thread.
 */
public final class TargetTable {
  private static final Logger LOG = LoggerFactory.getLogger(TargetTable.class);
  private static final String POOL_PREFIX = "pool:";
  private static final String TOOL_PREFIX = "tool:";
  private static final String MODEL_PREFIX = "model:";

  private final Map<String, Target> targets = new ConcurrentHashMap<>();
  private final Map<String, TargetSpec> pools = new ConcurrentHashMap<>();
  private final Map<String, HealthStatus> health = new ConcurrentHashMap<>();
  private final ModelVersions versions = new ModelVersions();
  private final ReadyModels ready;
  private volatile boolean anySpeculative;
  private volatile boolean anySleeps;

  // Schemas come from operators and meet arguments from anyone: nothing remote is ever loaded.
  private final JsonSchemaFactory schemas =
      JsonSchemaFactory.getInstance(
          SpecVersion.VersionFlag.V202012,
          builder ->
              builder.schemaLoaders(
                  loaders ->
                      loaders
                          .values(values -> values.clear())
                          .add(
                              iri -> {
                                throw new JsonSchemaException(
                                    "remote schemas are not loaded: " + iri);
                              })));

  /** An empty table. */
  public TargetTable() {
    this(InstantSource.system());
  }

  /**
   * An empty table.
   *
   * @param clock by which a worker that is not heard of has its models ready no more
   */
  public TargetTable(InstantSource clock) {
    this.ready = new ReadyModels(clock);
  }

  /**
   * The name of a model alone.
   *
   * @param model {@code sentiment}, {@code model:sentiment} or {@code model:sentiment@3}
   * @return {@code sentiment}
   */
  public static String bareModel(String model) {
    String name = model.startsWith(MODEL_PREFIX) ? model.substring(MODEL_PREFIX.length()) : model;
    int version = name.indexOf(ModelVersions.SEPARATOR);
    return version < 0 ? name : name.substring(0, version);
  }

  /**
   * The name under which a model is registered.
   *
   * @param model {@code sentiment} or {@code model:sentiment}
   * @param version null: the one that serves those who ask for none
   * @return {@code model:sentiment@3}; {@code model:sentiment} if no version is asked for and none
   *     is registered
   */
  public String modelName(String model, @Nullable String version) {
    String name = model.startsWith(MODEL_PREFIX) ? model : MODEL_PREFIX + model;
    if (version != null) {
      return name + ModelVersions.SEPARATOR + version;
    }
    String served = versions.served(name, this::rank);
    return served == null ? name : served;
  }

  /** How soon a version can serve: it is ready, can be woken, is to be loaded, or is not. */
  private int rank(String version) {
    if (ready(version)) {
      return 3;
    }
    return starting(version) ? 2 : unloaded(version) ? 0 : 1;
  }

  /**
   * The name under which a tool is registered.
   *
   * @param tool {@code search} or {@code tool:search}
   * @return {@code tool:search}
   */
  public static String toolName(String tool) {
    return tool.startsWith(TOOL_PREFIX) ? tool : TOOL_PREFIX + tool;
  }

  /**
   * Takes a record of {@code targets}. One whose arguments' schema or numbers are not valid is
   * logged, and the former declaration stays.
   *
   * @param key the target or pool
   * @param spec null removes it
   */
  public void put(String key, @Nullable TargetSpec spec) {
    if (key.startsWith(POOL_PREFIX)) {
      String pool = key.substring(POOL_PREFIX.length());
      if (spec == null) {
        pools.remove(pool);
      } else {
        pools.put(pool, spec);
      }
      anySleeps = pools.keySet().stream().anyMatch(this::maySleep);
    } else if (spec == null) {
      targets.remove(key);
      versions.remove(key);
      anySpeculative = targets.values().stream().anyMatch(Target::speculative);
    } else {
      try {
        targets.put(key, read(spec));
        versions.add(key);
        anySpeculative = targets.values().stream().anyMatch(Target::speculative);
      } catch (IllegalArgumentException e) {
        LOG.error("Target {} is left as it was: {}", key, e.getMessage());
      }
    }
  }

  /**
   * Why {@link #put} would leave a declaration out; null if it would not.
   *
   * @param key the target or pool
   */
  public @Nullable String fault(String key, TargetSpec spec) {
    try {
      if (!key.startsWith(POOL_PREFIX)) {
        read(spec);
      }
      return null;
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }

  private Target read(TargetSpec spec) {
    TargetRules.check(spec);
    try {
      return new Target(spec, compile(spec.getArgumentsSchema()));
    } catch (RuntimeException | StackOverflowError e) {
      throw new IllegalArgumentException(
          "its arguments_schema is no JSON Schema 2020-12 without remote references: "
              + e.getMessage(),
          e);
    }
  }

  /**
   * Takes a record of {@code health.status}.
   *
   * @param key the target
   * @param status null removes it
   */
  public void putHealth(String key, @Nullable HealthStatus status) {
    if (status == null) {
      health.remove(key);
    } else {
      health.put(key, status);
    }
  }

  /**
   * Takes a record of the workers' topic.
   *
   * @param worker its id
   * @param status null: it has left
   */
  public void putWorker(String worker, @Nullable WorkerStatus status) {
    ready.put(worker, status);
  }

  /**
   * The target of that name, or null; a model only while a worker has it ready, or will have it
   * once it is asked for; an ensemble in parts only while workers have those.
   */
  public @Nullable Target target(String name) {
    Target target = targets.get(name);
    return target == null
            || target.spec().getKind() != TargetKind.MODEL
            || ready(name)
            || (!Parts.has(target.spec()) && !asleep(target).isEmpty())
        ? target
        : null;
  }

  /** Whether a worker has a model ready; of an ensemble in parts, whether workers have those. */
  public boolean ready(String name) {
    Target target = targets.get(name);
    return (target != null && Parts.has(target.spec()))
        ? Parts.ready(target.spec(), ready::ready)
        : ready.ready(name);
  }

  /** What is declared of a target, be it ready or not; null: nothing. */
  public @Nullable TargetSpec declared(String name) {
    Target target = targets.get(name);
    return target == null ? null : target.spec();
  }

  /** Whether the target is registered, be it ready or not. */
  public boolean registered(String name) {
    return targets.containsKey(name);
  }

  /**
   * Whether the target is registered as a model that is unloaded, so that no worker will have it.
   */
  public boolean unloaded(String name) {
    Target target = targets.get(name);
    return target != null && target.spec().getUnloaded();
  }

  /** Whether any target may be run ahead, so that conversations are worth following. */
  public boolean anySpeculative() {
    return anySpeculative;
  }

  /** Whether the pool is registered, and so its topic there; that of ensembles always is. */
  public boolean hasPool(String pool) {
    return pools.containsKey(pool) || pool.equals(Parts.POOL);
  }

  /**
   * The pools that have a scaling policy, by name; a copy. The objective of each is the shortest of
   * its own and of those that its targets declare.
   */
  public Map<String, TargetSpec> scaledPools() {
    Map<String, Long> objectives = new HashMap<>();
    for (Target target : targets.values()) {
      Long objective = target.spec().getObjectiveMs();
      if (objective != null) {
        objectives.merge(target.spec().getPool(), objective, Math::min);
      }
    }
    Map<String, TargetSpec> scaled = new TreeMap<>();
    pools.forEach(
        (name, pool) -> {
          ScalingPolicy policy = pool.getScaling();
          if (policy != null) {
            Long objective = objectives.get(name);
            scaled.put(
                name,
                objective == null || objective >= policy.getObjectiveMs()
                    ? pool
                    : withObjective(pool, policy, objective));
          }
        });
    return scaled;
  }

  /** When each pool was last asked for one of its targets, milliseconds since the epoch; a copy. */
  public Map<String, Long> asked() {
    Map<String, Long> asked = new HashMap<>();
    for (Target target : targets.values()) {
      HealthStatus status = health.get(target.name());
      Instant at = status == null ? null : status.getAskedAt();
      if (at != null) {
        asked.merge(target.spec().getPool(), at.toEpochMilli(), Math::max);
      }
    }
    return asked;
  }

  /**
   * What is asked for with a target in pools that may have no workers until they are asked for: the
   * target itself, or the parts that an ensemble lacks.
   */
  public List<String> sleepers(String name) {
    Target target = targets.get(name);
    if (target == null) {
      return List.of();
    }
    return maySleep(target.spec().getPool()) ? List.of(name) : asleep(target);
  }

  /**
   * Whether a target waits for a worker of a pool that may have none: a tool while there is none, a
   * model until one has it ready.
   */
  public boolean starting(String name) {
    Target target = anySleeps ? targets.get(name) : null;
    if (target == null) {
      return false;
    }
    return target.spec().getKind() == TargetKind.MODEL
        ? !ready(name) && !asleep(target).isEmpty()
        : maySleep(target.spec().getPool()) && !ready.served(target.spec().getPool());
  }

  /**
   * Since when there is a worker for a target of a pool that may have none, without a pause,
   * milliseconds since the epoch; what was sent before waited for that worker. 0: always.
   */
  public long startedAt(String name) {
    Target target = anySleeps ? targets.get(name) : null;
    if (target == null || !maySleep(target.spec().getPool())) {
      return 0;
    }
    return target.spec().getKind() == TargetKind.MODEL
        ? ready.readySince(name)
        : ready.servedSince(target.spec().getPool());
  }

  /**
   * The models that a model lacks, itself or one for each step, and that can be had: their pools
   * may have no workers until they are asked for. None where it lacks none, or another that cannot
   * be had.
   */
  private List<String> asleep(Target target) {
    if (!anySleeps || target.spec().getKind() != TargetKind.MODEL || target.spec().getUnloaded()) {
      return List.of();
    }
    List<List<String>> lacking =
        Parts.has(target.spec())
            ? Parts.lacking(target.spec(), ready::ready).toList()
            : List.of(List.of(target.name()));
    List<String> asleep = new ArrayList<>();
    for (List<String> models : lacking) {
      String first = models.stream().filter(this::wakeable).findFirst().orElse(null);
      if (first == null) {
        return List.of();
      }
      asleep.add(first);
    }
    return asleep;
  }

  private boolean wakeable(String model) {
    Target target = targets.get(model);
    return target != null
        && !target.spec().getUnloaded()
        && maySleep(target.spec().getPool())
        && !ready.ready(model);
  }

  /** Whether the pool may have no workers until it is asked for. */
  public boolean maySleep(String pool) {
    TargetSpec spec = pools.get(pool);
    return spec != null && spec.getScaling() != null && spec.getScaling().getToZero();
  }

  /** Whether any pool may. */
  public boolean anyMaySleep() {
    return anySleeps;
  }

  private static TargetSpec withObjective(TargetSpec pool, ScalingPolicy policy, long objective) {
    return TargetSpec.newBuilder(pool)
        .setScaling(ScalingPolicy.newBuilder(policy).setObjectiveMs(objective).build())
        .build();
  }

  /** The target's health, or null if nothing is known of it. */
  public @Nullable HealthStatus health(String target) {
    return health.get(target);
  }

  private @Nullable JsonSchema compile(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return null;
    }
    JsonSchema schema =
        schemas.getSchema(text, SchemaValidatorsConfig.builder().failFast(false).build());
    schema.initializeValidators();
    return schema;
  }
}
