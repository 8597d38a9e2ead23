package io.millrace.platform.broker;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/**
 * The Kafka settings of a one-node broker and controller on loopback that starts fast and stays
 * small.
 */
final class BrokerSettings {

  static final int NODE_ID = 1;
  static final String CONTROLLER_LISTENER = "CONTROLLER";
  static final String CLIENT_LISTENER = "PLAINTEXT";

  /** A derived record (request plus bookkeeping) is at most 4 MiB; its batch has headers too. */
  static final int MAX_MESSAGE_BYTES = 5 * 1024 * 1024;

  static final String INTERNAL_SEGMENT_BYTES = "16777216";

  private static final Map<String, String> FIXED =
      Map.ofEntries(
          Map.entry("node.id", String.valueOf(NODE_ID)),
          Map.entry("controller.listener.names", CONTROLLER_LISTENER),
          Map.entry(
              "listener.security.protocol.map",
              CLIENT_LISTENER + ":PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT"),
          Map.entry("auto.create.topics.enable", "false"),
          Map.entry("controlled.shutdown.enable", "true"),
          Map.entry("message.max.bytes", String.valueOf(MAX_MESSAGE_BYTES)),
          Map.entry("replica.fetch.max.bytes", String.valueOf(MAX_MESSAGE_BYTES)),
          // One node: every internal topic has one replica and, as nothing spreads, one partition.
          Map.entry("default.replication.factor", "1"),
          Map.entry("min.insync.replicas", "1"),
          Map.entry("offsets.topic.replication.factor", "1"),
          Map.entry("offsets.topic.num.partitions", "1"),
          Map.entry("transaction.state.log.replication.factor", "1"),
          Map.entry("transaction.state.log.min.isr", "1"),
          Map.entry("transaction.state.log.num.partitions", "1"),
          Map.entry("share.coordinator.state.topic.replication.factor", "1"),
          Map.entry("share.coordinator.state.topic.min.isr", "1"),
          Map.entry("share.coordinator.state.topic.num.partitions", "1"),
          // Groups form at once: there is no fleet to wait for.
          Map.entry("group.initial.rebalance.delay.ms", "0"),
          Map.entry("group.streams.initial.rebalance.delay.ms", "0"),
          Map.entry("group.consumer.assignment.interval.ms", "0"),
          Map.entry("group.streams.assignment.interval.ms", "0"),
          Map.entry("group.share.assignment.interval.ms", "0"),
          // A share partition whose first initialisation fails is otherwise left alone for 30 s.
          Map.entry("group.share.initialize.retry.interval.ms", "500"),
          Map.entry("group.consumer.min.heartbeat.interval.ms", "100"),
          Map.entry("group.consumer.heartbeat.interval.ms", "500"),
          Map.entry("group.streams.min.heartbeat.interval.ms", "100"),
          Map.entry("group.streams.heartbeat.interval.ms", "500"),
          Map.entry("group.share.min.heartbeat.interval.ms", "100"),
          Map.entry("group.share.heartbeat.interval.ms", "500"),
          // A dead member is dropped, and what it held handed on, after seconds.
          Map.entry("group.min.session.timeout.ms", "1000"),
          Map.entry("group.consumer.min.session.timeout.ms", "1000"),
          Map.entry("group.consumer.session.timeout.ms", "6000"),
          Map.entry("group.streams.min.session.timeout.ms", "1000"),
          Map.entry("group.streams.session.timeout.ms", "6000"),
          Map.entry("group.share.min.session.timeout.ms", "1000"),
          Map.entry("group.share.session.timeout.ms", "6000"),
          Map.entry("group.share.min.record.lock.duration.ms", "1000"),
          Map.entry("group.share.record.lock.duration.ms", "5000"),
          // The broker archives a record in silence at this count; dispatch is to notice long
          // before.
          Map.entry("group.share.delivery.count.limit", "10"),
          Map.entry("num.network.threads", "1"),
          Map.entry("num.io.threads", "2"),
          Map.entry("background.threads", "2"),
          Map.entry("group.coordinator.threads", "1"),
          Map.entry("group.coordinator.background.threads", "1"),
          Map.entry("num.recovery.threads.per.data.dir", "2"),
          // Kafka's defaults are 128 MiB of heap and two files of 10 MiB per partition.
          Map.entry("log.cleaner.dedupe.buffer.size", "2097152"),
          Map.entry("log.index.size.max.bytes", "1048576"),
          Map.entry("log.segment.bytes", "67108864"),
          Map.entry("offsets.topic.segment.bytes", INTERNAL_SEGMENT_BYTES),
          Map.entry("transaction.state.log.segment.bytes", INTERNAL_SEGMENT_BYTES),
          Map.entry("share.coordinator.state.topic.segment.bytes", INTERNAL_SEGMENT_BYTES),
          // With one voter an election is a formality, and a metadata write waits for nobody.
          Map.entry("controller.quorum.election.timeout.ms", "100"),
          Map.entry("controller.quorum.election.backoff.max.ms", "100"),
          Map.entry("controller.quorum.fetch.timeout.ms", "200"),
          Map.entry("controller.quorum.append.linger.ms", "0"),
          // Thousands of MBeans that nobody reads cost start-up time and memory.
          Map.entry("metric.reporters", ""),
          Map.entry("metrics.jmx.exclude", ".*"));

  private BrokerSettings() {}

  /** The settings of broker and controller together. */
  static Properties brokerAndController(
      BrokerOptions options, Path directory, int port, int controllerPort) {
    Properties settings = common(directory, controllerPort);
    String listeners = at(CLIENT_LISTENER, port) + "," + at(CONTROLLER_LISTENER, controllerPort);
    settings.put("process.roles", "broker,controller");
    settings.put("listeners", listeners);
    settings.put("advertised.listeners", listeners);
    // Outlives a stalled machine: a fenced broker takes every partition away from its clients.
    settings.put("broker.session.timeout.ms", "9000");
    settings.put("broker.heartbeat.interval.ms", "500");
    if (options.flushBeforeAck()) {
      settings.put("log.flush.interval.messages", "1");
    }
    return settings;
  }

  /** The settings of the controller alone, see {@link DeadBrokerSession}. */
  static Properties controllerOnly(Path directory, int controllerPort) {
    Properties settings = common(directory, controllerPort);
    settings.put("process.roles", "controller");
    settings.put("listeners", at(CONTROLLER_LISTENER, controllerPort));
    settings.put("broker.session.timeout.ms", String.valueOf(DeadBrokerSession.TIMEOUT_MS));
    settings.put("broker.heartbeat.interval.ms", String.valueOf(DeadBrokerSession.TIMEOUT_MS / 2));
    return settings;
  }

  private static Properties common(Path directory, int controllerPort) {
    Properties settings = new Properties();
    settings.putAll(FIXED);
    settings.put("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + controllerPort);
    settings.put("log.dirs", directory.toString());
    return settings;
  }

  private static String at(String listener, int port) {
    return listener + "://127.0.0.1:" + port;
  }
}
