package io.millrace.schemas.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Whether a process can do its work, part by part.
 *
 * @param parts in the order in which they start; no parts is ready
 */
public record Readiness(List<Part> parts) {

  public Readiness {
    parts = List.copyOf(parts);
  }

  /**
   * One part.
   *
   * @param name short and stable, such as {@code registry}
   * @param detail why it is not ready, or what is worth knowing; empty when nothing is
   */
  public record Part(String name, boolean ready, String detail) {}

  /** As {@code /readyz} shows it. */
  public ObjectNode toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode().put("ready", ready());
    ObjectNode states = root.putObject("parts");
    for (Part part : parts) {
      states.putObject(part.name()).put("ready", part.ready()).put("detail", part.detail());
    }
    return root;
  }

  /** Whether every part is ready. */
  public boolean ready() {
    return parts.stream().allMatch(Part::ready);
  }
}
