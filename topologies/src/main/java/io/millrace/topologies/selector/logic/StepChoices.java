package io.millrace.topologies.selector.logic;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The choices that were made of late: brings the answers of one request together, so that they can
 * be compared, and what clients say of it to the model that answered.
 *
 * <p>Answers wait for each other a minute at most, and no more than 64 MiB of them; what clients
 * say is taken of the last 10,000 requests.
 *
 * @param <T> what models answer
 */
public final class StepChoices<T> {
  private static final long WAIT_MILLIS = 60_000;
  private static final long BYTES_MAX = 64L << 20;
  private static final int CHOICES_MAX = 10_000;

  private final ModelSelector selector;
  private final String reference;
  private final BiPredicate<T, T> agree;
  private final ToLongFunction<T> bytesOf;
  private final Map<String, Made> made = new LinkedHashMap<>();
  private long bytes;

  private final class Made {
    private final Choice choice;
    private final long at;
    private final Map<String, T> answers = new HashMap<>();
    private int waitedFor;
    private boolean judged;

    Made(Choice choice, long at) {
      this.choice = choice;
      this.at = at;
      this.waitedFor = 1 + choice.beside().size();
    }

    private void drop() {
      answers.values().forEach(answer -> bytes -= bytesOf.applyAsLong(answer));
      answers.clear();
    }
  }

  /**
   * @param selector learns
   * @param reference the model that the others are compared with
   * @param agree whether an answer says the same as the reference's, which comes first
   * @param bytesOf what keeping an answer takes
   */
  public StepChoices(
      ModelSelector selector,
      String reference,
      BiPredicate<T, T> agree,
      ToLongFunction<T> bytesOf) {
    this.selector = selector;
    this.reference = reference;
    this.agree = agree;
    this.bytesOf = bytesOf;
  }

  /**
   * Chooses for a request; asked again, it says the same, without its evidence.
   *
   * @param now milliseconds since the epoch
   */
  public Choice choose(String operationId, String inputClass, RandomGenerator random, long now) {
    Made before = made.get(operationId);
    if (before != null) {
      return before.choice;
    }
    Choice choice = selector.choose(inputClass, random);
    made.put(operationId, new Made(choice.withoutEvidence(), now));
    while (made.size() > CHOICES_MAX) {
      Made eldest = made.remove(made.keySet().iterator().next());
      if (eldest != null) {
        eldest.drop();
      }
    }
    return choice;
  }

  /**
   * Takes how a run ended.
   *
   * @param answer null: it gave none
   * @param cost in the unit of the candidates
   * @param now milliseconds since the epoch
   */
  public void ended(
      String operationId,
      String model,
      @Nullable T answer,
      double latencyMs,
      double cost,
      long now) {
    Made of = made.get(operationId);
    if (of == null) {
      return;
    }
    String inputClass = of.choice.inputClass();
    of.waitedFor--;
    selector.ran(inputClass, model, answer == null ? Double.POSITIVE_INFINITY : latencyMs, cost);
    if (of.choice.beside().isEmpty()) {
      return;
    }
    boolean late = now - of.at > WAIT_MILLIS;
    if (answer != null && !late && bytes + bytesOf.applyAsLong(answer) <= BYTES_MAX) {
      match(of, model, answer);
    }
    if (late || of.waitedFor <= 0) {
      of.drop();
    }
  }

  private void match(Made of, String model, T answer) {
    String inputClass = of.choice.inputClass();
    T expected = of.answers.get(reference);
    if (model.equals(reference)) {
      of.answers.forEach((other, given) -> compare(inputClass, other, answer, given));
      of.drop();
      keep(of, model, answer);
    } else if (expected != null) {
      compare(inputClass, model, expected, answer);
    } else {
      keep(of, model, answer);
    }
  }

  private void keep(Made of, String model, T answer) {
    if (of.answers.put(model, answer) == null) {
      bytes += bytesOf.applyAsLong(answer);
    }
  }

  private void compare(String inputClass, String model, T expected, T given) {
    selector.compared(inputClass, model, agree.test(expected, given));
  }

  /**
   * Takes what a client says of an answer; once for each.
   *
   * @return whether the answer was one of these
   */
  public boolean feedback(String operationId, boolean good) {
    Made of = made.get(operationId);
    if (of == null) {
      return false;
    }
    if (!of.judged) {
      of.judged = true;
      selector.compared(of.choice.inputClass(), of.choice.model(), good);
    }
    return true;
  }
}
