package io.millrace.topologies.speculation;

import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.Operations;

/**
 * Speculation: follows conversations and makes calls ahead that are likely to be asked for.
 *
 * <pre>
 * tool.steps ─▶ speculation ─▶ tool.calls (speculative), audit
 * </pre>
 *
 * What it learns is kept on the heap and learnt anew after a restart: it never decides what an
 * answer is, only whether work begins earlier.
 */
public final class SpeculationTopology {
  static final String SPECULATION = "speculation";
  static final String CALLS = "speculation-calls";
  static final String AUDIT = "speculation-audit";
  static final String REJECTIONS = "speculation-rejections";

  private SpeculationTopology() {}

  /** Adds speculation. */
  public static void build(Operations operations) {
    operations
        .topology()
        .addProcessor(
            SPECULATION,
            () -> new SpeculationProcessor(operations.targets(), operations.metrics()),
            operations.source(Topics.TOOL_STEPS));
    operations.sinks().add(CALLS, Topics.TOOL_CALLS, SPECULATION);
    operations.sinks().add(AUDIT, Topics.AUDIT, SPECULATION);
    operations.sinks().add(REJECTIONS, Topics.REJECTIONS, SPECULATION);
  }

  /** The key of a conversation's steps: they must lie in one partition, in order. */
  public static String conversation(String tenant, String correlationId) {
    return tenant + '/' + correlationId;
  }
}
