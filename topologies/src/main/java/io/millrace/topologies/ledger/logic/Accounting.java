package io.millrace.topologies.ledger.logic;

import io.millrace.events.Failure;
import io.millrace.events.InferenceResult;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.Tensor;
import io.millrace.events.ToolResult;
import io.millrace.events.Usage;
import io.millrace.schemas.identity.Ids;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Words what an operation used, from its answer.
 *
 * <p>A cost that the answer names stands; else it is what the tariffs say of runs that were made
 * for it. Who is answered from the cache, or by the run of another, pays nothing.
 */
public final class Accounting {
  private final Tariffs tariffs;

  /**
   * @param tariffs what runs cost
   */
  public Accounting(Tariffs tariffs) {
    this.tariffs = tariffs;
  }

  /**
   * What a tool call used.
   *
   * @param fallbackId stands for the operation where the answer names none: a run from outside
   * @param timestampMillis of the record, where the answer names no time
   */
  public Usage usage(ToolResult result, String fallbackId, long timestampMillis) {
    Usage usage =
        usage(
            operation(result.getOperationId(), result.getId(), fallbackId),
            time(result.getOccurredAt(), timestampMillis));
    usage.setTenant(result.getTenant());
    usage.setCorrelationId(result.getCorrelationId());
    usage.setTraceparent(result.getTraceparent());
    usage.setParentId(result.getParentId());
    usage.setKind(OperationKind.TOOL);
    usage.setTarget(result.getTarget());
    usage.setTargetVersion(result.getTargetVersion());
    usage.setOutcome(result.getOutcome());
    usage.setServedBy(result.getServedBy());
    usage.setAttempts(result.getAttempts());
    usage.setRunMs(result.getRunMs());
    usage.setLatencyMs(finite(result.getLatencyMs()));
    usage.setBytesIn(result.getInputBytes());
    String output = result.getOutput();
    usage.setBytesOut(output == null ? 0 : output.length());
    boolean ran = ran(result.getServedBy());
    usage.setComputeMs(ran ? finite(result.getRunMs()) : 0);
    String runs = result.getAnsweredBy().isEmpty() ? result.getTarget() : result.getAnsweredBy();
    usage.setCostMicros(cost(usage, result.getCostMicros(), runs, ran, false));
    return usage;
  }

  /**
   * What a request to a model used.
   *
   * @param result the last chunk of its answer
   * @param fallbackId stands for the operation where the answer names none: a run from outside
   * @param timestampMillis of the record, where the answer names no time
   */
  public Usage usage(InferenceResult result, String fallbackId, long timestampMillis) {
    Usage usage =
        usage(
            operation(result.getOperationId(), result.getId(), fallbackId),
            time(result.getOccurredAt(), timestampMillis));
    usage.setTenant(result.getTenant());
    usage.setCorrelationId(result.getCorrelationId());
    usage.setTraceparent(result.getTraceparent());
    usage.setParentId(result.getParentId());
    usage.setKind(OperationKind.INFERENCE);
    usage.setTarget(result.getTarget());
    usage.setTargetVersion(result.getModelVersion());
    usage.setOutcome(result.getOutcome());
    usage.setServedBy(result.getServedBy());
    usage.setAttempts(result.getAttempts());
    usage.setRunMs(result.getComputeMs());
    usage.setLatencyMs(finite(result.getLatencyMs()));
    usage.setQueueMs(finite(result.getQueueMs()) + finite(result.getBatchMs()));
    usage.setBatchSize(ran(result.getServedBy()) ? Math.max(0, result.getBatchSize()) : 0);
    usage.setBytesIn(result.getInputBytes());
    usage.setBytesOut(bytes(result.getOutputs()));
    boolean ran = ran(result.getServedBy());
    usage.setComputeMs(ran ? finite(result.getComputeMs()) * batchShare(result) : 0);
    usage.setCostMicros(cost(usage, result.getCostMicros(), result.getTarget(), ran, true));
    return usage;
  }

  private static Usage usage(String operationId, long atMillis) {
    Usage usage = new Usage();
    usage.setId(Ids.derived(operationId, "usage"));
    usage.setOperationId(operationId);
    usage.setOccurredAt(Instant.ofEpochMilli(atMillis));
    return usage;
  }

  private static String operation(String operationId, String id, String fallbackId) {
    if (!operationId.isEmpty()) {
      return operationId;
    }
    return id.isEmpty() ? fallbackId : id;
  }

  private static long time(@Nullable Instant occurredAt, long timestampMillis) {
    long at = occurredAt == null ? 0 : occurredAt.toEpochMilli();
    return at > 0 ? at : Math.max(0, timestampMillis);
  }

  private static boolean ran(ServedBy servedBy) {
    return servedBy == ServedBy.WORKER || servedBy == ServedBy.EXTERNAL;
  }

  /** Whether nothing was run for it. */
  static boolean spared(ServedBy servedBy) {
    return servedBy == ServedBy.CACHE || servedBy == ServedBy.FLIGHT || servedBy == ServedBy.STALE;
  }

  private static double finite(double millis) {
    return Double.isFinite(millis) ? Math.max(0, millis) : 0;
  }

  private long cost(Usage usage, long named, String target, boolean ran, boolean wholeReplica) {
    if (named > 0 || spared(usage.getServedBy())) {
      return Math.max(0, named);
    }
    int attempts = Math.max(usage.getAttempts(), ran ? 1 : 0);
    return tariffs.costMicros(target, attempts, usage.getComputeMs(), wholeReplica);
  }

  /** The request's rows ÷ the rows of the batch; the rows are those of the outputs. */
  private static double batchShare(InferenceResult result) {
    long rows = 1;
    for (Tensor output : result.getOutputs()) {
      if (!output.getShape().isEmpty()) {
        rows = Math.max(rows, output.getShape().get(0));
        break;
      }
    }
    return Math.min(1, (double) rows / Math.max(1, result.getBatchSize()));
  }

  private static long bytes(List<Tensor> tensors) {
    long bytes = 0;
    for (Tensor tensor : tensors) {
      bytes += tensor.getData().remaining();
    }
    return bytes;
  }

  /** Whether an answer only says that its operation was answered, and so counted, long ago. */
  public static boolean isEcho(Outcome outcome, @Nullable Failure failure) {
    return outcome == Outcome.REFUSED && failure != null && failure.getCode().equals("ID_TOO_OLD");
  }
}
