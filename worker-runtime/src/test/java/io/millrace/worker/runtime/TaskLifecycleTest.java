package io.millrace.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.worker.runtime.TaskLifecycle.Step;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What may and may not happen to one task, in virtual time. */
class TaskLifecycleTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long DEADLINE = 10 * SECOND;

  private static TaskLifecycle claimed() {
    return new TaskLifecycle("mine", DEADLINE, SECOND, 5 * SECOND);
  }

  private static TaskLifecycle free() {
    return new TaskLifecycle("", DEADLINE, SECOND, 5 * SECOND);
  }

  @Test
  void aFreeTaskRunsAtOnceBeatsEverySecondAndEndsOnce() {
    TaskLifecycle task = free();
    assertThat(task.resolved(0)).isEqualTo(Step.RUN);
    assertThat(task.due()).isEqualTo(SECOND);
    assertThat(task.tick(SECOND - 1)).isEqualTo(Step.NONE);
    assertThat(task.tick(SECOND)).isEqualTo(Step.BEAT);
    assertThat(task.tick(SECOND)).isEqualTo(Step.NONE);
    assertThat(task.tick(2 * SECOND)).isEqualTo(Step.BEAT);
    assertThat(task.finish()).isTrue();
    assertThat(task.finish()).isFalse();
    assertThat(task.tick(9 * SECOND)).isEqualTo(Step.NONE);
    assertThat(task.due()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aRunThatTakesTooLongIsCalledOffAndItsResultIgnored() {
    TaskLifecycle task = free();
    task.resolved(0);
    assertThat(task.tick(5 * SECOND)).isEqualTo(Step.TIME_OUT);
    assertThat(task.finish()).isFalse();
  }

  @Test
  void aRunMayGoOnPastTheDeadlineButNotBeginAfterIt() {
    TaskLifecycle begun = free();
    assertThat(begun.resolved(DEADLINE)).isEqualTo(Step.RUN);
    assertThat(begun.tick(DEADLINE + 1)).isEqualTo(Step.NONE);
    assertThat(free().resolved(DEADLINE + 1)).isEqualTo(Step.REPORT_DEADLINE);
  }

  @Test
  void aClaimWithoutGrantIsGivenUpInSilence() {
    TaskLifecycle task = claimed();
    assertThat(task.resolved(0)).isEqualTo(Step.CLAIM);
    assertThat(task.tick(DEADLINE)).isEqualTo(Step.NONE);
    assertThat(task.due()).isEqualTo(DEADLINE + TaskLifecycle.LATE_GRANT_NANOS + 1);
    assertThat(task.tick(task.due())).isEqualTo(Step.GIVE_UP);
    assertThat(task.granted("mine", 0)).isEqualTo(Step.NONE);
  }

  @Test
  void aGrantAfterTheDeadlineIsAnsweredButNotRun() {
    TaskLifecycle task = claimed();
    task.resolved(0);
    assertThat(task.granted("mine", DEADLINE + 1)).isEqualTo(Step.REPORT_DEADLINE);
    assertThat(task.finish()).isFalse();
  }

  @Test
  void aCancelOfAnotherClaimChangesNothing() {
    TaskLifecycle task = claimed();
    task.resolved(0);
    assertThat(task.cancelled("other")).isEqualTo(Step.NONE);
    assertThat(task.granted("mine", 1)).isEqualTo(Step.ANNOUNCE);
    assertThat(task.announced(2)).isEqualTo(Step.RUN);
    assertThat(task.cancelled("mine")).isEqualTo(Step.CANCEL_RUN);
  }

  @Test
  void aClaimIsGivenBackWhenItsGrantOrItsPlaceInTheLogComesTooLate() {
    TaskLifecycle granted = claimed();
    granted.resolved(0);
    assertThat(granted.granted("mine", TaskLifecycle.LEASE_NANOS + 1)).isEqualTo(Step.RELEASE);
    assertThat(granted.announced(0)).isEqualTo(Step.NONE);

    TaskLifecycle announced = claimed();
    announced.resolved(0);
    assertThat(announced.granted("mine", TaskLifecycle.LEASE_NANOS)).isEqualTo(Step.ANNOUNCE);
    assertThat(announced.announced(TaskLifecycle.LEASE_NANOS + 1)).isEqualTo(Step.RELEASE);

    TaskLifecycle unsure = claimed();
    unsure.resolved(0);
    unsure.granted("mine", 1);
    assertThat(unsure.announcementFailed()).isEqualTo(Step.RELEASE);
    assertThat(unsure.announced(2)).isEqualTo(Step.NONE);
  }

  @Test
  void whatIsCancelledBeforeTheLogHoldsItsBeginNeverRuns() {
    TaskLifecycle task = claimed();
    task.resolved(0);
    task.granted("mine", 1);
    assertThat(task.cancelled("")).isEqualTo(Step.GIVE_UP);
    assertThat(task.announced(2)).isEqualTo(Step.NONE);
  }

  @Test
  void aTaskWhoseTargetIsOverdueWaitsForTheWordOfItsOwner() {
    TaskLifecycle task = free();
    assertThat(task.tick(SECOND)).isEqualTo(Step.TARGET_OVERDUE);
    assertThat(task.fail()).isTrue();
    assertThat(task.fail()).isFalse();
  }

  /** One thing that happens to a task after some time. */
  record Event(String kind, long after) {}

  @Provide
  Arbitrary<List<Event>> histories() {
    Arbitrary<String> kinds =
        Arbitraries.of(
            "resolve",
            "grant",
            "grant other",
            "in log",
            "not in log",
            "cancel",
            "cancel mine",
            "cancel other",
            "tick",
            "finish",
            "fail");
    return Combinators.combine(kinds, Arbitraries.longs().between(0, 4 * SECOND))
        .as(Event::new)
        .list()
        .ofMaxSize(30);
  }

  @Property(tries = 2000)
  void whateverHappensATaskRunsAtMostOnceOnlyByRightAndEndsAtMostOnce(
      @ForAll("histories") List<Event> history, @ForAll boolean claim) {
    TaskLifecycle task = claim ? claimed() : free();
    EnumSet<Step> ending =
        EnumSet.of(
            Step.REPORT_DEADLINE,
            Step.REPORT_CANCELLED,
            Step.CANCEL_RUN,
            Step.TIME_OUT,
            Step.RELEASE,
            Step.GIVE_UP);
    long now = 0;
    int runs = 0;
    int ends = 0;
    long claimWritten = -1;
    boolean announced = false;
    List<Step> seen = new ArrayList<>();
    for (Event event : history) {
      now += event.after();
      boolean endedBefore = ends > 0;
      Step step =
          switch (event.kind()) {
            case "resolve" -> task.resolved(now);
            case "grant" -> task.granted("mine", now);
            case "grant other" -> task.granted("other", now);
            case "in log" -> task.announced(now);
            case "not in log" -> task.announcementFailed();
            case "cancel" -> task.cancelled("");
            case "cancel mine" -> task.cancelled("mine");
            case "cancel other" -> task.cancelled("other");
            case "tick" -> task.tick(now);
            case "finish" -> {
              ends += task.finish() ? 1 : 0;
              yield Step.NONE;
            }
            default -> {
              ends += task.fail() ? 1 : 0;
              yield Step.NONE;
            }
          };
      seen.add(step);
      if (step == Step.CLAIM) {
        claimWritten = now;
        assertThat(claim).isTrue();
      }
      if (step == Step.ANNOUNCE) {
        assertThat(event.kind()).isEqualTo("grant");
        announced = true;
      }
      if (step == Step.RUN) {
        runs++;
        assertThat(now).isLessThanOrEqualTo(DEADLINE);
        assertThat(event.kind()).isEqualTo(claim ? "in log" : "resolve");
        assertThat(announced).isEqualTo(claim);
        if (claim) {
          assertThat(now - claimWritten).isLessThanOrEqualTo(TaskLifecycle.LEASE_NANOS);
        }
      }
      if (step == Step.BEAT || step == Step.TIME_OUT || step == Step.CANCEL_RUN) {
        assertThat(runs).isEqualTo(1);
      }
      ends += ending.contains(step) ? 1 : 0;
      if (endedBefore) {
        assertThat(step).as("after the end: %s", seen).isEqualTo(Step.NONE);
      }
      assertThat(runs).isLessThanOrEqualTo(1);
      assertThat(ends).isLessThanOrEqualTo(1);
      assertThat(task.due() == Long.MAX_VALUE).isEqualTo(ends == 1);
    }
  }

  @Property
  void whenATaskIsDueThereIsSomethingToDo(
      @ForAll boolean claim,
      @ForAll boolean resolve,
      @ForAll boolean grant,
      @ForAll boolean inLog) {
    TaskLifecycle task = claim ? claimed() : free();
    if (resolve) {
      task.resolved(0);
    }
    if (grant) {
      task.granted("mine", 0);
    }
    if (inLog) {
      task.announced(0);
    }
    long due = task.due();
    assertThat(task.tick(due - 1)).isEqualTo(Step.NONE);
    assertThat(task.tick(due)).isNotEqualTo(Step.NONE);
  }
}
