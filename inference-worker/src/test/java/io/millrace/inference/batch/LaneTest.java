package io.millrace.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.inference.ModelException;
import io.millrace.inference.batch.logic.BatchPolicy;
import io.millrace.inference.batch.logic.BatchQueue.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LaneTest {

  private static final BatchPolicy POLICY =
      new BatchPolicy(8, List.of(), 1_000_000, 1, 1, 10, 0.05);
  private static final long NEVER = Long.MAX_VALUE;

  private final ConcurrentLinkedQueue<Integer> ran = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Integer> late = new ConcurrentLinkedQueue<>();
  private final AtomicInteger closed = new AtomicInteger();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final Semaphore allowed = new Semaphore(0);

  private Lane<Integer> lane(int runs) {
    return new Lane<>("model:m@1", runs, POLICY, Work::new, late::add);
  }

  /** Runs each batch only when it is allowed to. */
  private final class Work implements BatchWork<Integer> {
    @Override
    public void run(List<Slice<Integer>> batch) {
      begun.countDown();
      allowed.acquireUninterruptibly();
      batch.forEach(slice -> ran.add(slice.work()));
      if (batch.get(0).work() == 13) {
        throw new IllegalStateException("unlucky");
      }
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  /** Holds the only thread up. */
  private Lane<Integer> busy() throws InterruptedException {
    Lane<Integer> lane = lane(1);
    lane.submit(0, 1, "", 0, NEVER);
    begun.await();
    return lane;
  }

  @Test
  void closingServesWhatWaitsFirst() {
    Lane<Integer> lane = lane(2);
    for (int i = 1; i <= 10; i++) {
      lane.submit(i, 1, "", 0, NEVER);
    }
    allowed.release(100);
    lane.close();
    assertThat(ran)
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 10).boxed().toList());
    assertThat(closed).as("what each thread had is freed").hasValue(2);
    assertThatThrownBy(() -> lane.submit(1, 1, "", 0, NEVER))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.code()).isEqualTo("MODEL_UNLOADED"));
  }

  @Test
  void aFullQueueRefusesAtOnce() throws InterruptedException {
    Lane<Integer> lane = busy();
    for (int i = 1; i <= 10; i++) {
      lane.submit(i, 1, "", 0, NEVER);
    }
    assertThatThrownBy(() -> lane.submit(11, 1, "", 0, NEVER))
        .isInstanceOfSatisfying(
            ModelException.class,
            e -> {
              assertThat(e.code()).isEqualTo("QUEUE_FULL");
              assertThat(e.retryable()).isTrue();
            });
    allowed.release(100);
    lane.close();
    assertThat(ran).hasSize(11);
  }

  @Test
  void whatIsLateOrCalledOffDoesNotRun() throws InterruptedException {
    Lane<Integer> lane = busy();
    lane.submit(1, 1, "", 0, System.nanoTime() - 1);
    assertThat(lane.cancel(lane.submit(2, 1, "", 0, NEVER))).isTrue();
    lane.submit(3, 1, "", 0, NEVER);
    allowed.release(100);
    lane.close();
    assertThat(ran).containsExactly(0, 3);
    assertThat(late).containsExactly(1);
  }

  @Test
  void refusingHandsBackWhatWaitsAndLetsTheRestEnd() throws InterruptedException {
    Lane<Integer> lane = busy();
    lane.submit(1, 1, "", 0, NEVER);
    assertThat(lane.refuse()).containsExactly(1);
    allowed.release();
    lane.close();
    assertThat(ran).containsExactly(0);
  }

  @Test
  void aBatchThatFailsDoesNotEndTheLane() throws InterruptedException {
    Lane<Integer> lane = lane(1);
    allowed.release(100);
    lane.submit(13, 1, "", 0, NEVER);
    await().until(() -> ran.contains(13));
    lane.submit(14, 1, "", 0, NEVER);
    lane.close();
    assertThat(ran).contains(14);
  }

  @Test
  void nothingIsLostOrRunTwiceWithManySubmittersAndThreads() throws InterruptedException {
    Lane<Integer> lane =
        new Lane<>(
            "model:m@1",
            3,
            new BatchPolicy(8, List.of(), 200_000, 1, 1, 1_000_000, 0.05),
            Work::new,
            late::add);
    allowed.release(1_000_000);
    List<Thread> submitters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int first = i * 5_000;
      Thread thread =
          new Thread(
              () -> {
                for (int k = first; k < first + 5_000; k++) {
                  lane.submit(k * 100, 1 + k % 3, k % 2, 0, NEVER);
                }
              });
      submitters.add(thread);
      thread.start();
    }
    for (Thread thread : submitters) {
      thread.join();
    }
    lane.close();
    assertThat(ran).hasSize(20_000).doesNotHaveDuplicates();
  }
}
