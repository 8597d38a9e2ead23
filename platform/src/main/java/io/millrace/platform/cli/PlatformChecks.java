package io.millrace.platform.cli;

import io.millrace.schemas.serde.RegistryClient;
import io.millrace.schemas.serde.RegistryException;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/** Looks into a running platform: broker, features, topics, registry, clock. */
final class PlatformChecks {
  /** Feature level of metadata that came with Kafka 4.2 (4.2-IV0 and IV1 are 28 and 29). */
  private static final int METADATA_4_2 = 28;

  private static final int CLOCK_ANSWER_MS = 3_000;
  private static final Duration CLOCK_MAX = Duration.ofSeconds(5);

  private final Cluster cluster;

  PlatformChecks(Cluster cluster) {
    this.cluster = cluster;
  }

  List<Check> run() {
    List<Check> checks = new ArrayList<>();
    checks.add(guarded("broker", this::broker));
    if (checks.get(0).state() != Check.State.OK) {
      return checks;
    }
    try {
      Map<String, Integer> features = new HashMap<>();
      cluster
          .get(cluster.admin().describeFeatures().featureMetadata())
          .finalizedFeatures()
          .forEach((feature, range) -> features.put(feature, (int) range.maxVersionLevel()));
      checks.add(version(features));
      checks.add(shareGroups(features));
    } catch (KafkaException | CommandException e) {
      checks.add(
          Check.failed(
              "broker_version",
              "the broker does not tell its features: " + e.getMessage(),
              "use Kafka 4.2 or later"));
    }
    checks.add(guarded("topics", this::topics));
    Check registry = guarded("registry", () -> registry(cluster.addresses()));
    checks.add(registry);
    if (registry.state() == Check.State.OK) {
      checks.add(registryClock());
    }
    return checks;
  }

  private Check broker() {
    int nodes = cluster.get(cluster.admin().describeCluster().nodes()).size();
    return Check.ok(
        "broker", cluster.addresses().bootstrap() + " answers, " + nodes + " in the cluster");
  }

  static Check version(Map<String, Integer> features) {
    Integer metadata = features.get("metadata.version");
    if (metadata == null) {
      return Check.failed(
          "broker_version", "no metadata.version: not a KRaft cluster", "use Kafka 4.2 or later");
    }
    String detail = "metadata.version " + metadata;
    return metadata >= METADATA_4_2
        ? Check.ok("broker_version", detail + " (Kafka 4.2 or later)")
        : Check.failed(
            "broker_version",
            detail + " is older than Kafka 4.2's, " + METADATA_4_2,
            "upgrade the brokers, then kafka-features.sh upgrade --release-version 4.2");
  }

  static Check shareGroups(Map<String, Integer> features) {
    Integer share = features.get("share.version");
    return share != null && share >= 1
        ? Check.ok("share_groups", "share.version " + share)
        : Check.failed(
            "share_groups",
            "share.version is 0: workers cannot take tasks",
            "kafka-features.sh upgrade --feature share.version=1");
  }

  private Check topics() {
    Set<String> present = cluster.get(cluster.admin().listTopics().names());
    List<String> missing =
        Topics.all().stream().map(Topic::name).filter(name -> !present.contains(name)).toList();
    return missing.isEmpty()
        ? Check.ok("topics", Topics.all().size() + " of the catalogue are there")
        : Check.failed(
            "topics",
            missing.size() + " are missing: " + String.join(", ", missing),
            "'millrace up' creates them on its own broker; on another cluster provision them");
  }

  /** Whether the registry answers. */
  static Check registry(Addresses addresses) {
    String url = addresses.registry();
    if (url == null) {
      return Check.failed("registry", "none was named", "give --registry URL");
    }
    try {
      int subjects = RegistryClient.of(Cluster.serdeSettings(url)).subjects().size();
      return Check.ok("registry", url + " answers, " + subjects + " subjects");
    } catch (RegistryException e) {
      return Check.failed(
          "registry",
          String.valueOf(e.getMessage()),
          "start it, or name another with --registry URL");
    }
  }

  /** The registry's HTTP answers carry its time; Kafka's protocol has none to ask for. */
  private Check registryClock() {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create(cluster.addresses().requiredRegistry() + "/subjects")
                  .toURL()
                  .openConnection();
      connection.setConnectTimeout(CLOCK_ANSWER_MS);
      connection.setReadTimeout(CLOCK_ANSWER_MS);
      long date = connection.getDate();
      connection.disconnect();
      return date == 0
          ? Check.skipped("clock", "the registry does not tell its time")
          : clock(Duration.ofMillis(System.currentTimeMillis() - date));
    } catch (IOException | IllegalArgumentException e) {
      return Check.skipped("clock", "the registry does not tell its time: " + e.getMessage());
    }
  }

  static Check clock(Duration difference) {
    Duration size = difference.abs();
    String detail = "within " + (size.toSeconds() + 1) + " s of the registry's";
    return size.compareTo(CLOCK_MAX) <= 0
        ? Check.ok("clock", detail)
        : Check.failed("clock", detail, "synchronise the clocks; deadlines are instants");
  }

  private static Check guarded(String name, Supplier<Check> check) {
    try {
      return check.get();
    } catch (KafkaException | CommandException e) {
      return Check.failed(name, String.valueOf(e.getMessage()), "look into the broker's log");
    }
  }
}
