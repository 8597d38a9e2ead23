package io.millrace.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SlotsTest {

  @Test
  void whoWaitsForSeveralSlotsIsWokenOnlyWhenAllAreFree() {
    Slots slots = new Slots(4, 1_000);
    for (int i = 0; i < 4; i++) {
      slots.take(1);
    }
    CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> slots.awaitFree(2));
    slots.release(1);
    assertThat(slots.free(2)).isFalse();
    assertThat(waiting).isNotDone();
    slots.release(1);
    await().until(waiting::isDone);
    assertThat(waiting).isCompletedWithValue(true);
    assertThat(slots.taken()).isEqualTo(2);
  }

  @Test
  void tasksOfManyBytesKeepOthersOutThoughSlotsAreFree() {
    Slots slots = new Slots(10, 1_000);
    slots.take(1_000);
    assertThat(slots.free(1)).isFalse();
    slots.release(1_000);
    assertThat(slots.free(10)).isTrue();
  }

  @Test
  void closingEndsTheWait() {
    Slots slots = new Slots(1, 1_000);
    slots.take(1);
    CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> slots.awaitFree(1));
    slots.close();
    await().until(waiting::isDone);
    assertThat(waiting).isCompletedWithValue(false);
  }

  @Test
  void noWakeUpIsLostBetweenManyReleasesAndWaits() throws Exception {
    Slots slots = new Slots(8, 1_000_000);
    int rounds = 20_000;
    var queue = new java.util.concurrent.LinkedBlockingQueue<Integer>();
    CompletableFuture<Void> releaser =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int i = 0; i < rounds; i++) {
                  queue.take();
                  slots.release(1);
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    for (int i = 0; i < rounds; i++) {
      assertThat(slots.awaitFree(1)).isTrue();
      slots.take(1);
      queue.put(i);
    }
    releaser.get();
    assertThat(slots.taken()).isZero();
  }

  @Test
  void aLimitThatMovesHoldsForTheNextAndNeverExceedsTheFirst() {
    Slots slots = new Slots(8, 1_000);
    slots.adapt(2);
    assertThat(slots.free(4)).as("as many as there are").isTrue();
    slots.take(1);
    assertThat(slots.free(2)).isFalse();
    slots.adapt(100);
    assertThat(slots.limit()).isEqualTo(8);
    assertThat(slots.free(7)).isTrue();
    assertThat(slots.free(8)).isFalse();
  }
}
