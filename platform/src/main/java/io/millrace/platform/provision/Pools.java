package io.millrace.platform.provision;

import io.millrace.schemas.serde.RegistryException;
import io.millrace.schemas.serde.TopicSchemas;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Makes pools ready for tasks: the topics of each with their schemas, and the settings of its share
 * groups that let workers which come later find the tasks that came before them.
 *
 * <p>To be done before a pool is written to {@code targets}, since dispatch sends to what is there.
 */
public final class Pools {
  /** What the names of the workers' share groups begin with; the pool's name follows. */
  private static final List<String> WORKER_GROUP_PREFIXES =
      List.of("millrace-workers-", "millrace-inference-");

  private static final AlterConfigOp EARLIEST =
      new AlterConfigOp(
          new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);

  private final Admin admin;
  private final Map<String, ?> serde;
  private final Duration timeout;

  /**
   * @param admin stays open
   * @param serde settings of the Avro serde, for the registry
   * @param timeout how long the brokers may take
   */
  public Pools(Admin admin, Map<String, ?> serde, Duration timeout) {
    this.admin = admin;
    this.serde = serde;
    this.timeout = timeout;
  }

  /**
   * Creates what is missing; what is there stays.
   *
   * @throws ProvisioningException if the brokers refuse or do not answer
   * @throws RegistryException if the registry refuses or does not answer
   */
  public void create(Collection<String> pools) {
    int partitions = partitions();
    List<Topic<?>> topics =
        pools.stream()
            .<Topic<?>>flatMap(
                pool ->
                    Stream.of(
                        Topics.toolTasks(pool),
                        Topics.inferenceTasks(pool),
                        Topics.inferenceSequences(pool)))
            .toList();
    new Provisioner(admin, timeout)
        .provision(topics.stream().map(topic -> newTopic(topic, partitions)).toList());
    TopicSchemas.register(topics, serde);
    Map<ConfigResource, Collection<AlterConfigOp>> settings = new HashMap<>();
    for (String pool : pools) {
      for (String prefix : WORKER_GROUP_PREFIXES) {
        settings.put(
            new ConfigResource(ConfigResource.Type.GROUP, prefix + pool), List.of(EARLIEST));
      }
    }
    wait(admin.incrementalAlterConfigs(settings).all().toCompletionStage().toCompletableFuture());
  }

  /** As many partitions as the platform gave to the topics that it was set up with. */
  private int partitions() {
    return wait(
        admin
            .describeTopics(List.of(Topics.TOOL_CALLS.name()))
            .allTopicNames()
            .thenApply(found -> found.values().iterator().next().partitions().size())
            .toCompletionStage()
            .toCompletableFuture());
  }

  private static NewTopic newTopic(Topic<?> topic, int partitions) {
    return new NewTopic(topic.name(), Optional.of(partitions), Optional.empty())
        .configs(topic.config());
  }

  private <T> T wait(java.util.concurrent.CompletableFuture<T> answer) {
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProvisioningException("interrupted while pools were set up", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new ProvisioningException("pools cannot be set up: " + e.getMessage(), e);
    }
  }
}
