package io.millrace.benchmarks.drill;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import org.jspecify.annotations.Nullable;

/** What models are asked in a drill, and what the right answers are. */
interface Questions {
  /** A request of which it is known what the answer must be. */
  interface Question {
    /** Says in a request what is asked. */
    void ask(InferenceRequest.Builder request);

    /** Whether the outputs of an answer that is OK are right. */
    boolean right(InferenceResult answer);
  }

  /** The next; null while nothing can be asked before something is answered. */
  @Nullable Question next();

  /** Hears of the first answer to each. */
  void answered(Question question, InferenceResult answer);
}
