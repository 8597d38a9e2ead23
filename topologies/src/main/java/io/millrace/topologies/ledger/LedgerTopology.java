package io.millrace.topologies.ledger;

import io.millrace.events.TargetSpec;
import io.millrace.events.UsageWindow;
import io.millrace.schemas.serde.KnownSchemas;
import io.millrace.schemas.serde.TotalDeserializer;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.Sinks;
import io.millrace.topologies.Stores;
import io.millrace.topologies.Written;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.ledger.logic.Accounting;
import io.millrace.topologies.ledger.logic.Tariffs;
import io.millrace.topologies.targets.TargetsTopology;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.Topology;

/**
 * The application {@code ledger}, to be run exactly once: what each operation used.
 *
 * <pre>
 * tool.results, inference.results ─▶ ledger ─▶ usage, usage.windows
 *        (at another partition) ledger ─▶ usage.routed ─▶ ledger
 * </pre>
 */
public final class LedgerTopology {
  /** How long it is known which ids were counted; dispatch refuses ids that are much younger. */
  static final Duration REMEMBERED = Duration.ofDays(1);

  /** How long a window can be added to. */
  static final Duration WINDOWS_KEPT = Duration.ofDays(3);

  static final String LEDGER = "ledger";
  static final String COUNTED = "ledger-counted";
  static final String WINDOWS = "ledger-windows";
  static final String USAGE = "ledger-usage";
  static final String ROUTED = "ledger-routed";
  static final String WINDOWS_SINK = "ledger-usage-windows";
  static final String REJECTIONS = "ledger-rejections";

  /** Names of the topics that are read; global tables aside. */
  public static final Set<String> SOURCES =
      Set.of(
          Topics.TOOL_RESULTS.name(), InferenceTopics.RESULTS.name(), Topics.USAGE_ROUTED.name());

  private LedgerTopology() {}

  /**
   * The topology.
   *
   * @param serdes settings of the Avro serde
   * @param schemas those that are known
   * @param written where its serializers are made
   * @param partitions partitions of every keyed topic
   */
  public static Topology of(
      Map<String, ?> serdes,
      KnownSchemas schemas,
      Written written,
      int partitions,
      RequestMetrics metrics) {
    Topology topology = new Topology();
    Tariffs tariffs = new Tariffs();
    TargetsTopology.follow(
        topology,
        serdes,
        schemas,
        metrics,
        Topics.TARGETS,
        (key, value, at) -> tariffs.put(key, (TargetSpec) value));
    Accounting accounting = new Accounting(tariffs);
    topology.addProcessor(
        LEDGER,
        () -> new LedgerProcessor(accounting, partitions),
        source(topology, serdes, schemas, Topics.TOOL_RESULTS),
        source(topology, serdes, schemas, InferenceTopics.RESULTS),
        source(topology, serdes, schemas, Topics.USAGE_ROUTED));
    topology
        .addStateStore(Stores.marks(COUNTED, REMEMBERED.multipliedBy(2)), LEDGER)
        .addStateStore(
            Stores.forgetting(WINDOWS, written.kept(UsageWindow.class), WINDOWS_KEPT)
                .withCachingEnabled(),
            LEDGER);
    Sinks sinks = new Sinks(topology, written);
    sinks.add(USAGE, Topics.USAGE, LEDGER);
    sinks.add(ROUTED, Topics.USAGE_ROUTED, LEDGER);
    sinks.add(WINDOWS_SINK, Topics.USAGE_WINDOWS, LEDGER);
    sinks.add(REJECTIONS, Topics.REJECTIONS, LEDGER);
    return topology;
  }

  private static <T extends SpecificRecord> String source(
      Topology topology, Map<String, ?> serdes, KnownSchemas schemas, Topic<T> topic) {
    String name = topic.name().replace('.', '-') + "-source";
    topology.addSource(
        name,
        new StringDeserializer(),
        TotalDeserializer.forValues(topic.record(), serdes, schemas),
        topic.name());
    return name;
  }
}
