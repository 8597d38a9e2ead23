package io.millrace.topologies;

import io.millrace.schemas.serde.KnownSchemas;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.Topic;
import io.millrace.topologies.dispatch.DispatchTopology;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import io.millrace.topologies.dispatch.logic.Invalidations;
import io.millrace.topologies.ensemble.EnsembleTopology;
import io.millrace.topologies.health.HealthTopology;
import io.millrace.topologies.plan.PlanTopology;
import io.millrace.topologies.scaling.ScalingTopology;
import io.millrace.topologies.speculation.SpeculationTopology;
import io.millrace.topologies.targets.TargetTable;
import io.millrace.topologies.targets.TargetsTopology;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.Topology;

/**
 * The at-least-once application: the request path, plans, ensembles, health, speculation and
 * scaling, with what its topologies share.
 */
public final class Operations {
  private final Topology topology = new Topology();
  private final Map<String, ?> serdes;
  private final Written written;
  private final Sinks sinks;
  private final Set<String> sources = new HashSet<>();
  private final List<Topic<?>> tables = new ArrayList<>();
  private final KnownSchemas schemas = new KnownSchemas();
  private final TargetTable targets;
  private final Invalidations invalidations = new Invalidations();
  private final DispatchPolicy dispatchPolicy;
  private final RequestMetrics metrics;
  private final int partitions;

  /**
   * @param serdes settings of the Avro serde
   * @param partitions partitions of every keyed topic
   * @param scalingBudgetMicros cost of all pools an hour, millionths of the billing currency; 0: no
   *     limit
   * @param clock by which a worker that is not heard of has its models ready no more; of all else
   *     the processors' context says the time
   */
  public Operations(
      Map<String, ?> serdes,
      int partitions,
      DispatchPolicy dispatchPolicy,
      RequestMetrics metrics,
      long scalingBudgetMicros,
      InstantSource clock) {
    this.serdes = serdes;
    this.partitions = partitions;
    this.dispatchPolicy = dispatchPolicy;
    this.metrics = metrics;
    this.written = new Written(serdes);
    this.targets = new TargetTable(clock);
    this.sinks = new Sinks(topology, written);
    TargetsTopology.build(this);
    DispatchTopology.buildTools(this);
    PlanTopology.build(this);
    HealthTopology.build(this);
    SpeculationTopology.build(this);
    ScalingTopology.build(this, scalingBudgetMicros);
    TargetsTopology.buildInvalidations(this);
    DispatchTopology.buildModels(this);
    EnsembleTopology.build(this);
  }

  /** The topology that the application runs. */
  public Topology topology() {
    return topology;
  }

  /** Settings of the Avro serde. */
  public Map<String, ?> serdes() {
    return serdes;
  }

  /** Schemas of what is read, as far as they are known. */
  public KnownSchemas schemas() {
    return schemas;
  }

  /** Names of the topics that are read; global tables aside. */
  Set<String> sources() {
    return Set.copyOf(sources);
  }

  /** Topics of the global tables. */
  public List<Topic<?>> tables() {
    return tables;
  }

  /** Serializers of what is written, those of the sinks aside. */
  public Written written() {
    return written;
  }

  /** Where topologies add their sinks. */
  public Sinks sinks() {
    return sinks;
  }

  /** Targets, pools and health as this instance knows them. */
  public TargetTable targets() {
    return targets;
  }

  /** What is cached and no longer true, as this instance knows it. */
  public Invalidations invalidations() {
    return invalidations;
  }

  /** Bounds of the dispatch tasks. */
  public DispatchPolicy dispatchPolicy() {
    return dispatchPolicy;
  }

  /** What the request path counts. */
  public RequestMetrics metrics() {
    return metrics;
  }

  /** Partitions of every keyed topic. */
  public int partitions() {
    return partitions;
  }

  /**
   * The source of a topic, named as the topic; added at the first call.
   *
   * @return its name
   */
  public <T extends SpecificRecord> String source(Topic<T> topic) {
    String name = topic.name().replace('.', '-') + "-source";
    if (sources.add(topic.name())) {
      topology.addSource(
          name,
          new StringDeserializer(),
          TotalDeserializer.forValues(topic.record(), serdes, schemas),
          topic.name());
    }
    return name;
  }
}
