package io.millrace.platform.cli;

import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Makes pools ready for tasks: the topic of each, and the setting of its share group that lets
 * workers which come later find the tasks that came before them.
 */
final class PoolSetup {
  /** What the names of the workers' share groups begin with; the pool's name follows. */
  private static final String WORKER_GROUP_PREFIX = "millrace-workers-";

  private static final AlterConfigOp EARLIEST =
      new AlterConfigOp(
          new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);

  private final Cluster cluster;

  PoolSetup(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Creates what is missing; what is there stays. */
  void create(Collection<String> pools) {
    int partitions = cluster.partitions(Topics.TOOL_CALLS.name()).size();
    List<NewTopic> topics =
        pools.stream().map(Topics::toolTasks).map(topic -> newTopic(topic, partitions)).toList();
    new Provisioner(cluster.admin(), Cluster.WAIT_MAX).provision(topics);
    Map<ConfigResource, Collection<AlterConfigOp>> settings = new HashMap<>();
    for (String pool : pools) {
      settings.put(
          new ConfigResource(ConfigResource.Type.GROUP, WORKER_GROUP_PREFIX + pool),
          List.of(EARLIEST));
    }
    cluster.get(cluster.admin().incrementalAlterConfigs(settings).all());
  }

  /** As many partitions as the platform gives to the topics that it was set up with. */
  private static NewTopic newTopic(Topic<?> topic, int partitions) {
    return new NewTopic(topic.name(), Optional.of(partitions), Optional.empty())
        .configs(topic.config());
  }
}
