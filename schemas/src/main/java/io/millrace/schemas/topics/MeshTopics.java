package io.millrace.schemas.topics;

import static io.millrace.schemas.topics.Topic.Cleanup.COMPACT;
import static io.millrace.schemas.topics.Topic.Cleanup.DELETE;
import static io.millrace.schemas.topics.Topic.Spread.KEYED;

import io.millrace.events.PeerDelivery;
import io.millrace.events.PeerMessage;
import io.millrace.events.PeerReceipt;
import io.millrace.events.PeerStatus;
import java.time.Duration;
import java.util.List;

/** Topics of the agent mesh. */
public final class MeshTopics {

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);

  /** Messages from agent to agent. */
  public static final Topic<PeerMessage> MESSAGES =
      new Topic<>(
          "mesh.messages",
          PeerMessage.class,
          "sender",
          KEYED,
          DELETE,
          WEEK,
          "mesh nodes, clients",
          "mesh");

  /** Messages handed to the node of the recipient. */
  public static final Topic<PeerDelivery> DELIVERIES =
      new Topic<>(
          "mesh.deliveries", PeerDelivery.class, "node", KEYED, DELETE, DAY, "mesh", "mesh nodes");

  /** How deliveries ended. */
  public static final Topic<PeerReceipt> RECEIPTS =
      new Topic<>(
          "mesh.receipts",
          PeerReceipt.class,
          "message id",
          KEYED,
          DELETE,
          WEEK,
          "mesh nodes",
          "mesh, health, clients");

  /** The peers as the mesh sees them. */
  public static final Topic<PeerStatus> PEERS =
      new Topic<>(
          "mesh.peers",
          PeerStatus.class,
          "peer id",
          KEYED,
          COMPACT,
          Duration.ZERO,
          "mesh nodes",
          "mesh, clients");

  static final List<Topic<?>> ALL = List.of(MESSAGES, DELIVERIES, RECEIPTS, PEERS);

  private MeshTopics() {}
}
