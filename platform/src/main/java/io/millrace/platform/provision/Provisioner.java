package io.millrace.platform.provision;

import io.millrace.schemas.topics.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Creates the topics that are missing, all in one request, and refuses those that exist otherwise
 * than asked for.
 *
 * <p>Running it again changes nothing. Partitions are never added: keys would move to other
 * partitions than their earlier records. Settings of topics that exist are left alone.
 */
public final class Provisioner {

  private static final Duration LEADER_POLL = Duration.ofMillis(10);
  private static final int SHOWN = 3;

  private final Admin admin;
  private final Duration timeout;

  /**
   * @param admin stays the caller's to close
   * @param timeout how long all of it may take
   */
  public Provisioner(Admin admin, Duration timeout) {
    this.admin = admin;
    this.timeout = timeout;
  }

  /** The catalogue's topic with the partitions it has on the embedded platform. */
  public static NewTopic embedded(Topic<?> topic) {
    return embedded(topic, Topic.Spread.KEYED.embedded());
  }

  /**
   * The catalogue's topic on an embedded platform with several stream threads.
   *
   * @param keyed partitions of topics of keyed work
   */
  public static NewTopic embedded(Topic<?> topic, int keyed) {
    int partitions = topic.spread() == Topic.Spread.KEYED ? keyed : topic.spread().embedded();
    return new NewTopic(topic.name(), Optional.of(partitions), Optional.empty())
        .configs(topic.config());
  }

  /** The catalogue's topic with the partitions it has in a cluster, replicated as that defaults. */
  public static NewTopic clustered(Topic<?> topic) {
    return new NewTopic(topic.name(), Optional.of(topic.spread().cluster()), Optional.empty())
        .configs(topic.config());
  }

  /**
   * Sees to it that every topic exists and that every partition has a leader.
   *
   * @param topics each with an explicit number of partitions
   * @return the names of those that were created
   * @throws ProvisioningException naming every topic whose partitions differ, or when the broker
   *     refuses or does not answer in time
   */
  public List<String> provision(Collection<NewTopic> topics) {
    long deadline = System.nanoTime() + timeout.toNanos();
    Map<String, NewTopic> wanted = new LinkedHashMap<>();
    topics.forEach(t -> wanted.put(t.name(), t));
    Map<String, TopicDescription> present = describe(wanted.keySet(), deadline);
    refuseDifferences(wanted, present);
    List<NewTopic> missing =
        wanted.values().stream().filter(t -> !present.containsKey(t.name())).toList();
    create(missing, deadline);
    if (!missing.isEmpty() || !present.values().stream().allMatch(Provisioner::hasLeaders)) {
      refuseDifferences(wanted, awaitLeaders(wanted.keySet(), deadline));
    }
    return missing.stream().map(NewTopic::name).toList();
  }

  private Map<String, TopicDescription> describe(Collection<String> names, long deadline) {
    Map<String, TopicDescription> found = new LinkedHashMap<>();
    for (Map.Entry<String, KafkaFuture<TopicDescription>> topic :
        admin.describeTopics(names).topicNameValues().entrySet()) {
      Optional.ofNullable(
              await(
                  topic.getValue(),
                  deadline,
                  UnknownTopicOrPartitionException.class,
                  "The topic " + topic.getKey() + " could not be looked up"))
          .ifPresent(description -> found.put(topic.getKey(), description));
    }
    return found;
  }

  private void create(List<NewTopic> missing, long deadline) {
    if (missing.isEmpty()) {
      return;
    }
    CreateTopicsOptions options =
        new CreateTopicsOptions().timeoutMs(Math.toIntExact(timeout.toMillis()));
    admin
        .createTopics(missing, options)
        .values()
        .forEach(
            (name, created) ->
                // Another provisioner may have been here a moment ago; its work is checked next.
                await(
                    created,
                    deadline,
                    TopicExistsException.class,
                    "The topic " + name + " could not be created"));
  }

  private Map<String, TopicDescription> awaitLeaders(Collection<String> names, long deadline) {
    while (true) {
      Map<String, TopicDescription> present = describe(names, deadline);
      if (present.size() == names.size()
          && present.values().stream().allMatch(Provisioner::hasLeaders)) {
        return present;
      }
      if (System.nanoTime() - deadline > 0) {
        List<String> waiting =
            names.stream()
                .filter(n -> !(present.containsKey(n) && hasLeaders(present.get(n))))
                .toList();
        throw new ProvisioningException(
            "These topics have no leader after "
                + timeout
                + ": "
                + String.join(", ", waiting)
                + ". Look into the brokers' logs.",
            null);
      }
      LockSupport.parkNanos(LEADER_POLL.toNanos());
    }
  }

  private static boolean hasLeaders(TopicDescription topic) {
    return topic.partitions().stream().allMatch(p -> p.leader() != null && !p.leader().isEmpty());
  }

  private static void refuseDifferences(
      Map<String, NewTopic> wanted, Map<String, TopicDescription> present) {
    List<String> differences = new ArrayList<>();
    present.forEach(
        (name, topic) -> {
          NewTopic asked = wanted.get(name);
          if (asked != null && asked.numPartitions() != topic.partitions().size()) {
            differences.add(
                name
                    + " has "
                    + topic.partitions().size()
                    + " partitions instead of "
                    + asked.numPartitions());
          }
        });
    if (!differences.isEmpty()) {
      throw new ProvisioningException(
          "%d topics have other partitions than asked for: %s%s. Partitions are never changed in place: ask for as many as there are (up --partitions), drain and delete the topic, or move to a new data directory."
              .formatted(
                  differences.size(),
                  String.join("; ", differences.subList(0, Math.min(SHOWN, differences.size()))),
                  differences.size() > SHOWN ? "; and more" : ""),
          null);
    }
  }

  /** The future's value; null when it failed in the tolerated way. */
  private <T> @Nullable T await(
      KafkaFuture<T> future, long deadline, Class<? extends Exception> tolerated, String failure) {
    try {
      return future.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (tolerated.isInstance(e.getCause())) {
        return null;
      }
      throw new ProvisioningException(failure + ": " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new ProvisioningException(
          failure + " within " + timeout + ": is the broker reachable?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProvisioningException(failure + ": interrupted", e);
    }
  }
}
