package io.millrace.platform.infer.logic;

import io.millrace.events.Outcome;
import java.util.Set;

/** What the end of a row's operation means for the row. */
public enum Ending {
  /** It has its answer, or failed for a reason that stays. */
  FINAL,
  /** Something was away for a moment: ask again later. */
  LATER,
  /** More was asked than is taken: ask less at once, and this again. */
  TOO_MUCH;

  /** Code of a row of which nothing was heard. */
  public static final String NO_ANSWER = "NO_ANSWER";

  /** Code of a row whose outputs the log has no more. */
  public static final String OUTPUTS_GONE = "OUTPUTS_GONE";

  private static final Set<String> FULL = Set.of("OVERLOADED", "QUEUE_FULL", "CONTROL_THROTTLED");

  private static final Set<String> AWAY =
      Set.of(
          "MODEL_NOT_READY",
          "MODEL_UNAVAILABLE",
          "NO_WORKER",
          "POOL_UNKNOWN",
          "WORKER_STOPPED",
          "WORKER_BUSY",
          OUTPUTS_GONE);

  private static final Set<String> ROWS_OWN =
      Set.of("LOST", "TIMEOUT", "DEADLINE_EXCEEDED", NO_ANSWER, OUTPUTS_GONE);

  /**
   * Tells.
   *
   * @param code stable name of the failure; empty: none
   */
  public static Ending of(Outcome outcome, String code) {
    if (FULL.contains(code)) {
      return TOO_MUCH;
    }
    if (AWAY.contains(code)) {
      return LATER;
    }
    return switch (outcome) {
      case CIRCUIT_OPEN, LOST -> LATER;
      // It waited behind what is more urgent; that passes.
      case DEADLINE_EXCEEDED, TIMEOUT -> TOO_MUCH;
      default -> FINAL;
    };
  }

  /** Whether a row may bring this code about by itself, however often it is asked. */
  public static boolean isRowsOwn(String code) {
    return ROWS_OWN.contains(code);
  }
}
