package io.millrace.worker.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class BlockingTasksTest {

  private final BlockingTasks tasks = new BlockingTasks("test", 1, 1);
  private final CountDownLatch never = new CountDownLatch(1);

  @AfterEach
  void close() {
    tasks.close();
  }

  private CompletableFuture<Integer> block(Cancellation cancellation, CountDownLatch begun) {
    return tasks
        .submit(
            () -> {
              begun.countDown();
              never.await();
              return 1;
            },
            cancellation)
        .toCompletableFuture();
  }

  @Test
  void cancellingInterruptsWhatRunsAndNotWhatComesAfterIt() throws Exception {
    Cancellation cancellation = new Cancellation();
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Integer> first = block(cancellation, begun);
    begun.await();
    cancellation.cancel();
    assertThatThrownBy(first::get).hasCauseInstanceOf(InterruptedException.class);
    assertThat(
            tasks
                .submit(() -> Thread.currentThread().isInterrupted(), new Cancellation())
                .toCompletableFuture()
                .get())
        .isFalse();
  }

  @Test
  void workThatIsCalledOffInTheQueueDoesNotBegin() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Cancellation first = new Cancellation();
    block(first, begun);
    begun.await();
    Cancellation second = new Cancellation();
    CountDownLatch secondBegun = new CountDownLatch(1);
    CompletableFuture<Integer> queued = block(second, secondBegun);
    second.cancel();
    first.cancel();
    assertThatThrownBy(queued::get).isInstanceOf(CancellationException.class);
    assertThat(secondBegun.getCount()).isEqualTo(1);
  }

  @Test
  void moreThanThreadsAndQueueHoldIsRefused() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    block(new Cancellation(), begun);
    begun.await();
    block(new Cancellation(), begun);
    assertThatThrownBy(() -> block(new Cancellation(), begun).get())
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(RejectedExecutionException.class)
        .hasMessageContaining("blocking.threads");
  }

  @Test
  void anErrorOfTheWorkReachesTheCallerAndTheThreadGoesOn() {
    CompletableFuture<Object> failed =
        tasks
            .submit(
                () -> {
                  throw new StackOverflowError("deep");
                },
                new Cancellation())
            .toCompletableFuture();
    assertThatThrownBy(failed::get).hasCauseInstanceOf(StackOverflowError.class);
    CompletableFuture<Integer> next =
        tasks.submit(() -> 5, new Cancellation()).toCompletableFuture();
    await().until(next::isDone);
    assertThat(next).isCompletedWithValue(5);
  }

  @Test
  void aListenerThatThrowsDoesNotKeepTheOthersFromHearing() {
    Cancellation cancellation = new Cancellation();
    CountDownLatch heard = new CountDownLatch(2);
    cancellation.onCancel(
        () -> {
          throw new IllegalStateException("expected by the test");
        });
    cancellation.onCancel(heard::countDown);
    cancellation.cancel();
    cancellation.cancel();
    cancellation.onCancel(heard::countDown);
    assertThat(heard.getCount()).isZero();
    assertThat(cancellation.requested()).isTrue();
  }
}
