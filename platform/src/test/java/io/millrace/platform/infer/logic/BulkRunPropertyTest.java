package io.millrace.platform.infer.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.platform.infer.logic.BulkRun.Done;
import io.millrace.platform.infer.logic.BulkRun.Limits;
import io.millrace.platform.infer.logic.BulkRun.Sending;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BulkRunPropertyTest {
  private static final Limits LIMITS = new Limits(8, 24, 1_000, 5, 100, 1_000, 5_000);

  /** A platform that answers, refuses, or loses what it is asked. */
  @Property(tries = 300)
  void everyRowIsDoneOnceAndInOrderWhateverThePlatformDoes(
      @ForAll @IntRange(min = 0, max = 120) int rows, @ForAll long seed) {
    Random random = new Random(seed);
    BulkRun<String, String> run = new BulkRun<>(LIMITS, random);
    Deque<Sending<String>> inFlight = new ArrayDeque<>();
    List<Done<String, String>> done = new ArrayList<>();
    Set<String> answered = new HashSet<>();
    int taken = 0;
    long now = 0;
    while (taken < rows || !run.isEmpty()) {
      while (taken < rows && run.room()) {
        taken++;
        if (random.nextInt(10) == 0) {
          run.take(taken, "id" + taken, "refused " + taken);
        } else {
          run.take(taken, "id" + taken, "ask " + taken, 1 + random.nextInt(300));
        }
      }
      for (var sending = run.next(now); sending != null; sending = run.next(now)) {
        assertThat(answered).as("asked again after its answer").doesNotContain(sending.asked());
        inFlight.add(sending);
      }
      assertThat(run.inFlight()).isLessThanOrEqualTo(LIMITS.inFlight());
      Sending<String> one = inFlight.poll();
      if (one != null) {
        boolean waited = run.waitsFor(one.id());
        switch (random.nextInt(6)) {
          case 0 -> run.answered(one.id(), Ending.LATER, "later", now);
          case 1 -> run.answered(one.id(), Ending.TOO_MUCH, "too much", now);
          case 2 -> inFlight.remove(one);
          default -> {
            run.answered(one.id(), Ending.FINAL, "answer to " + one.asked(), now);
            if (waited) {
              answered.add(one.asked());
            }
          }
        }
      }
      now += random.nextInt(400);
      run.silent(now);
      done.addAll(run.drain());
    }
    assertThat(done.stream().map(Done::row).toList())
        .isEqualTo(java.util.stream.LongStream.rangeClosed(1, rows).boxed().toList());
    for (Done<String, String> row : done) {
      assertThat(row.id()).isEqualTo("id" + row.row());
      if (row.asked() == null) {
        assertThat(row.answer()).isEqualTo("refused " + row.row());
      } else if (!row.exhausted()) {
        assertThat(row.answer()).isEqualTo("answer to " + row.asked());
      }
    }
  }

  @Test
  void theWindowIsBoundedInRowsAndBytesButAlwaysTakesOne() {
    BulkRun<String, String> run = new BulkRun<>(LIMITS, new Random(1));
    assertThat(run.room()).isTrue();
    run.take(1, "a", "x", 5_000);
    assertThat(run.room()).as("bytes").isFalse();

    BulkRun<String, String> many = new BulkRun<>(LIMITS, new Random(1));
    for (int row = 1; row <= LIMITS.windowRows(); row++) {
      assertThat(many.room()).isTrue();
      many.take(row, "id" + row, "x", 1);
    }
    assertThat(many.room()).as("rows").isFalse();
  }

  @Test
  void whatIsRefusedIsAskedUnderAnotherIdAndWhatIsSilentUnderTheSame() {
    BulkRun<String, String> run = new BulkRun<>(LIMITS, new Random(1));
    run.take(1, "a", "x", 1);
    assertThat(run.next(0)).isEqualTo(new Sending<>("a", "x"));
    run.silent(LIMITS.patienceMs());
    long later = LIMITS.patienceMs() + LIMITS.pauseMaxMs();
    assertThat(run.next(LIMITS.patienceMs())).as("a pause comes first").isNull();
    assertThat(run.next(later)).isEqualTo(new Sending<>("a", "x"));

    run.answered("a", Ending.LATER, "later", later);
    Sending<String> again = run.next(later + LIMITS.pauseMaxMs());
    assertThat(again).isNotNull();
    assertThat(again.id()).isNotEqualTo("a").isEqualTo(RowIds.again("a", 1));
    assertThat(run.repeats()).isEqualTo(2);
    run.answered("a", Ending.FINAL, "the refused id's", later);
    assertThat(run.drain()).as("an answer to an id that was given up").isEmpty();
  }

  @Test
  void lessIsAskedAtOnceWhenTooMuchWasAndMoreAgainAfterAnswers() {
    Limits limits = new Limits(9, 1_000, 1_000_000, 1_000, 1, 1, 1_000_000);
    BulkRun<String, String> run = new BulkRun<>(limits, new Random(1));
    for (int row = 1; row <= 900; row++) {
      run.take(row, "id" + row, "x", 1);
    }
    List<Sending<String>> first = sendAll(run, 10_000);
    assertThat(first).hasSize(9);
    first.forEach(one -> run.answered(one.id(), Ending.TOO_MUCH, "full", 10_000));

    List<Sending<String>> second = sendAll(run, 20_000);
    assertThat(second).as("a third less, once").hasSize(6);
    for (int i = 0; i < 40; i++) {
      second.forEach(one -> run.answered(one.id(), Ending.FINAL, "ok", 20_000));
      second = sendAll(run, 20_000);
    }
    assertThat(second).as("all again").hasSize(9);
  }

  private static List<Sending<String>> sendAll(BulkRun<String, String> run, long now) {
    List<Sending<String>> sent = new ArrayList<>();
    for (var sending = run.next(now); sending != null; sending = run.next(now)) {
      sent.add(sending);
    }
    return sent;
  }

  @Test
  void aRowThatIsRefusedAsOftenAsItMayBeAskedIsExhausted() {
    BulkRun<String, String> run = new BulkRun<>(LIMITS, new Random(1));
    run.take(1, "a", "x", 1);
    long now = 0;
    for (int attempt = 1; attempt <= LIMITS.attempts(); attempt++) {
      assertThat(run.drain()).isEmpty();
      Sending<String> sending = run.next(now);
      assertThat(sending).isNotNull();
      run.answered(sending.id(), Ending.LATER, "no " + attempt, now);
      now += LIMITS.pauseMaxMs();
    }
    assertThat(run.drain()).containsExactly(new Done<>(1, "a", "x", "no 5", true));
    assertThat(run.isEmpty()).isTrue();
  }
}
