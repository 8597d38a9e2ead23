package io.millrace.platform.cli;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;

/**
 * How far one group is behind the ends of the topics that it reads.
 *
 * @param group its id
 * @param type such as {@code consumer}, {@code share}, {@code streams}
 * @param state as the broker has it, such as {@code Stable} or {@code Empty}
 * @param lag records behind, by topic; a topic that was never read is left out
 */
record GroupLag(String group, String type, String state, Map<String, Long> lag) {

  /** Records behind in all topics together. */
  long total() {
    return lag.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Every group of the cluster, by name. */
  static List<GroupLag> ofAll(Cluster cluster) {
    Collection<GroupListing> groups = cluster.get(cluster.admin().listGroups().all());
    return groups.stream()
        .filter(group -> !group.isSimpleConsumerGroup())
        .sorted(java.util.Comparator.comparing(GroupListing::groupId))
        .map(group -> of(cluster, group))
        .toList();
  }

  private static GroupLag of(Cluster cluster, GroupListing group) {
    GroupType type = group.type().orElse(GroupType.UNKNOWN);
    Map<TopicPartition, Long> lag =
        type == GroupType.SHARE
            ? shareLag(cluster, group.groupId())
            : offsetLag(cluster, group.groupId());
    return new GroupLag(
        group.groupId(),
        type.toString().toLowerCase(java.util.Locale.ROOT),
        group.groupState().map(Object::toString).orElse(""),
        lag.entrySet().stream()
            .collect(
                Collectors.groupingBy(
                    entry -> entry.getKey().topic(),
                    java.util.TreeMap::new,
                    Collectors.summingLong(Map.Entry::getValue))));
  }

  private static Map<TopicPartition, Long> shareLag(Cluster cluster, String group) {
    Map<TopicPartition, SharePartitionOffsetInfo> offsets =
        cluster.get(
            cluster
                .admin()
                .listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo(group));
    Map<TopicPartition, Long> lag = new HashMap<>();
    offsets.forEach(
        (partition, info) -> {
          if (info != null) {
            info.lag().ifPresent(records -> lag.put(partition, records));
          }
        });
    return lag;
  }

  private static Map<TopicPartition, Long> offsetLag(Cluster cluster, String group) {
    Admin admin = cluster.admin();
    Map<TopicPartition, Long> committed = new HashMap<>();
    cluster
        .get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
        .forEach(
            (partition, offset) -> {
              if (offset != null) {
                committed.put(partition, offset.offset());
              }
            });
    if (committed.isEmpty()) {
      return Map.of();
    }
    Map<TopicPartition, OffsetSpec> wanted =
        committed.keySet().stream()
            .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
    Map<TopicPartition, ListOffsetsResultInfo> ends = cluster.get(admin.listOffsets(wanted).all());
    Map<TopicPartition, Long> lag = new HashMap<>();
    ends.forEach(
        (partition, end) ->
            lag.put(
                partition,
                Math.max(0, end.offset() - committed.getOrDefault(partition, end.offset()))));
    return lag;
  }
}
