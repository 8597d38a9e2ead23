package io.millrace.topologies.dispatch.logic;

import static io.millrace.topologies.dispatch.logic.Answers.failed;

import io.millrace.events.Attempt;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import io.millrace.state.Sequence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sequences of requests to models with state: where the state of each lies in the log.
 *
 * <p>The requests of a sequence fly under one key, its own, one after the other; those that come
 * meanwhile wait in the flight's line. Each task names the attempt that has the state its run is to
 * go on from, so it does not matter which worker takes it, and what a lost or failed run made of
 * the state is forgotten with it: a sequence stands where its last answered request left it. A
 * request that is run again after a crash, though it was the last one, goes on from the state that
 * it began from.
 */
final class Sequences {
  private static final int COUNT_MAX = 100_000;

  private final Journal journal;
  private final Map<String, Sequence> byKey = new HashMap<>();
  private final Timers<String> timers = new Timers<>();

  Sequences(Journal journal) {
    this.journal = journal;
    journal.restoreSequences(
        (key, sequence) -> {
          byKey.put(key, sequence);
          schedule(key, sequence);
        });
  }

  /** The sequence that a request belongs to; null: none. */
  static @Nullable String id(Request request) {
    InferenceWork work = request.getInference();
    return work == null ? null : work.getSequenceId();
  }

  /** Name under which the tasks of sequences of a pool are counted, and lie in order. */
  static String pool(String pool) {
    return pool + ".sequences";
  }

  /** How many are under way. */
  int size() {
    return byKey.size();
  }

  /** Why a request cannot be the next one of its sequence; null: it can. */
  @Nullable Answer refusal(String key, Request request, long now) {
    InferenceWork work = request.getInference();
    if (work == null || work.getSequenceId() == null) {
      return null;
    }
    boolean known = byKey.containsKey(key);
    if (!work.getSequenceStart() && !known) {
      return failed(
          request,
          Outcome.REFUSED,
          0,
          "SEQUENCE_UNKNOWN",
          "sequence %s of %s is not under way: it was not begun with sequence_start, has ended, or was idle for too long"
              .formatted(Foreign.clip(work.getSequenceId()), request.getTarget()),
          now);
    }
    return known || byKey.size() < COUNT_MAX
        ? null
        : failed(
            request,
            Outcome.REFUSED,
            0,
            "OVERLOADED",
            "%d sequences are under way on this partition; try again later under a new id"
                .formatted(byKey.size()),
            now);
  }

  /** What a worker needs for a request of a sequence: the work with the state it goes on from. */
  InferenceWork work(LiveFlight live, InferenceWork asked) {
    Sequence sequence = byKey.get(live.fingerprint);
    if (asked.getSequenceId() == null || asked.getSequenceStart() || sequence == null) {
      return asked;
    }
    boolean again = sequence.getOperationId().equals(live.leader().getOperationId());
    InferenceWork work = InferenceWork.newBuilder(asked).build();
    work.setStateCoordinates(
        again ? sequence.getBeforeCoordinates() : sequence.getStateCoordinates());
    work.setStateTaskId(again ? sequence.getBeforeTaskId() : sequence.getStateTaskId());
    return work;
  }

  /**
   * A request of a sequence was run: from now on its sequence stands there.
   *
   * @param spec of the model that was asked
   */
  void ran(LiveFlight live, Attempt done, TargetSpec spec, long now) {
    InferenceRun run = done.getInference();
    InferenceWork asked = live.leader().getInference();
    if (run == null || asked == null || asked.getSequenceId() == null) {
      return;
    }
    InferenceWork begun = work(live, asked);
    Coordinates state = run.getStates().isEmpty() ? null : run.getOutputsCoordinates();
    run.setStates(List.of());
    if (asked.getSequenceEnd()) {
      remove(live.fingerprint);
      return;
    }
    ModelSpec model = spec.getModel();
    Sequence sequence = new Sequence();
    sequence.setOperationId(live.leader().getOperationId());
    sequence.setStateCoordinates(state);
    sequence.setStateTaskId(done.getTaskId());
    sequence.setBeforeCoordinates(begun.getStateCoordinates());
    sequence.setBeforeTaskId(begun.getStateTaskId());
    sequence.setIdleMs(model == null ? 1 : model.getSequenceIdleMs());
    sequence.setUsedAt(now);
    byKey.put(live.fingerprint, sequence);
    journal.sequence(live.fingerprint, sequence);
    schedule(live.fingerprint, sequence);
  }

  /** Lets go of the sequences that were idle for too long, unless a request of theirs flies. */
  void expire(long now, Flights flights) {
    timers.expire(
        now,
        key -> {
          Sequence sequence = byKey.get(key);
          if (sequence != null && flights.get(key) != null) {
            sequence.setUsedAt(now);
            schedule(key, sequence);
          } else {
            remove(key);
          }
        });
  }

  private void remove(String key) {
    timers.remove(key);
    if (byKey.remove(key) != null) {
      journal.sequence(key, null);
    }
  }

  private void schedule(String key, Sequence sequence) {
    timers.set(key, sequence.getUsedAt() + Math.max(1, sequence.getIdleMs()));
  }
}
