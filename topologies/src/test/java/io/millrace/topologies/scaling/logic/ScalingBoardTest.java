package io.millrace.topologies.scaling.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.serde.AvroSafety;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The board as the clock drives it. */
class ScalingBoardTest {
  private static final int SLOTS = 4;
  private final Map<String, TargetSpec> pools = new TreeMap<>();
  private final Map<String, long[]> counts = new TreeMap<>();
  private final List<ScalingDecision> said = new ArrayList<>();
  private final Map<String, Long> asked = new TreeMap<>();
  private final Map<String, byte[]> memories = new TreeMap<>();
  private long now = 1_000_000;

  @BeforeAll
  static void avro() {
    AvroSafety.establish();
  }

  private void pool(String name, int max, long cost) {
    ScalingPolicy policy =
        ScalingPolicy.newBuilder()
            .setReplicasMax(max)
            .setSlots(SLOTS)
            .setCostMicrosPerHour(cost)
            .setCoolDownMs(20_000)
            .build();
    pools.put(name, TargetSpec.newBuilder().setScaling(policy).build());
    counts.put(name, new long[2]);
  }

  /** One worker; each task runs for 100 ms. */
  private void seconds(ScalingBoard board, int seconds, long perSecond, double waitMs) {
    for (int i = 0; i < seconds; i++) {
      now += 1_000;
      List<PoolLoad> loads = new ArrayList<>();
      counts.forEach(
          (pool, count) -> {
            count[0] += perSecond;
            count[1] += (long) (perSecond * waitMs);
            loads.add(
                new PoolLoad(
                    pool,
                    SLOTS,
                    perSecond > 0 ? SLOTS : 0,
                    count[0],
                    count[0],
                    1.0 * count[1],
                    100.0 * count[0],
                    1e4 * count[0]));
          });
      WorkerStatus worker =
          WorkerStatus.newBuilder()
              .setWorkerId("w")
              .setKind(OperationKind.TOOL)
              .setPools(loads)
              .build();
      tick(board, worker);
    }
  }

  private ScalingBoard.Outcome tick(ScalingBoard board, WorkerStatus... workers) {
    ScalingBoard.Outcome outcome = board.tick(now, pools, List.of(workers), asked);
    said.addAll(outcome.decisions());
    outcome.memories().forEach(memories::put);
    return outcome;
  }

  /** A board whose pool has no replicas and, since ten seconds, no workers. */
  private ScalingBoard asleep() {
    ScalingBoard board = new ScalingBoard(0);
    pool("gpu", 50, 0);
    pools.get("gpu").getScaling().setToZero(true);
    pools.get("gpu").getScaling().setReplicasMin(0);
    seconds(board, 120, 100, 0);
    asked.put("gpu", now);
    seconds(board, 120, 0, 0);
    assertThat(last().getReplicas()).isZero();
    idle(board, 10);
    assertThat(last().getReplicas()).isZero();
    return board;
  }

  private WorkerStatus worker(boolean draining) {
    return WorkerStatus.newBuilder()
        .setWorkerId("w")
        .setDraining(draining)
        .setPools(List.of(PoolLoad.newBuilder().setPool("gpu").setSlots(SLOTS).build()))
        .build();
  }

  private ScalingDecision last() {
    return said.get(said.size() - 1);
  }

  @Test
  void aWorkerWhoseFiguresAreNoneSpoilsNothing() {
    ScalingBoard board = new ScalingBoard(0);
    pool("gpu", 50, 0);
    seconds(board, 30, 100, 0);
    int usual = last().getReplicas();
    for (double figure : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1e300}) {
      for (int i = 0; i < 25; i++) {
        now += 1_000;
        counts.get("gpu")[0] += 100;
        long done = counts.get("gpu")[0];
        PoolLoad load = new PoolLoad("gpu", SLOTS, SLOTS, done, done, figure, figure, figure);
        WorkerStatus liar =
            WorkerStatus.newBuilder().setWorkerId("w").setPools(List.of(load)).build();
        tick(board, liar);
      }
    }

    seconds(board, 600, 100, 0);

    assertThat(last().getReplicas()).isBetween(2, usual + 2);
    assertThat(last().getForecastPerS()).isFinite();
  }

  @Test
  void whereAllWorkersAreGoneWhatWasDecidedStaysAndThePoolIsNotPutToSleep() {
    ScalingBoard board = new ScalingBoard(0);
    pool("gpu", 50, 0);
    pools.get("gpu").getScaling().setToZero(true);
    pools.get("gpu").getScaling().setReplicasMin(0);
    seconds(board, 120, 100, 0);
    int usual = last().getReplicas();
    idle(board, 600);
    assertThat(last().getReplicas()).isEqualTo(usual).isPositive();

    seconds(board, 120, 0, 0);

    assertThat(last().getReplicas()).as("with workers that have nothing to do").isZero();
  }

  /** Someone waits for the pool, while a worker of it is there or not. */
  private void waiting(ScalingBoard board, int seconds, WorkerStatus... workers) {
    for (int i = 0; i < seconds; i++) {
      now += 1_000;
      asked.put("gpu", now - 500);
      tick(board, workers);
    }
  }

  private void idle(ScalingBoard board, int seconds, WorkerStatus... workers) {
    for (int i = 0; i < seconds; i++) {
      now += 1_000;
      tick(board, workers);
    }
  }

  @Test
  void aPoolWithoutWorkersIsWokenAtOnceAndSleepsAgainOnceItHadTheTimeToStartAndNothingToDo() {
    ScalingBoard board = asleep();
    waiting(board, 1);

    assertThat(last().getReplicas()).isEqualTo(1);
    assertThat(last().getPreviousReplicas()).isZero();
    assertThat(last().getReason()).contains("asked for").contains("no workers");

    idle(board, 300);
    assertThat(last().getReplicas()).as("until there is a worker").isEqualTo(1);
    idle(board, 45, worker(false));
    assertThat(last().getReplicas()).as("30 s to start, 20 s to cool down").isEqualTo(1);
    idle(board, 25, worker(false));
    assertThat(last().getReplicas()).isZero();
    asked.put("gpu", now);
    idle(board, 1, worker(false));
    idle(board, 60);
    assertThat(last().getReplicas()).as("what was asked for while there was a worker").isZero();
  }

  @Test
  void afterWorkAPoolThatWasWokenSleepsAfterTheCoolDownAlone() {
    ScalingBoard board = asleep();
    waiting(board, 1);
    seconds(board, 60, 100, 0);
    assertThat(last().getReplicas()).isPositive();
    seconds(board, 10, 0, 0);
    assertThat(last().getReplicas()).isPositive();
    seconds(board, 25, 0, 0);
    assertThat(last().getReplicas()).isZero();
  }

  @Test
  void aPoolThatIsWaitedForIsNotPutToSleepHoweverLongItsWorkerTakesToLoad() {
    ScalingBoard board = asleep();
    waiting(board, 1);
    int news = said.size();
    waiting(board, 600, worker(false));

    assertThat(said.subList(news, said.size()))
        .allSatisfy(decision -> assertThat(decision.getReplicas()).isEqualTo(1));
  }

  @Test
  void whatIsAskedForWhileTheLastWorkerEndsOrBeforeItIsMissedWakesThePool() {
    ScalingBoard draining = asleep();
    waiting(draining, 1, worker(true));
    assertThat(last().getReplicas()).isEqualTo(1);

    ScalingBoard dead = asleep();
    waiting(dead, 5, worker(false));
    waiting(dead, 1);
    assertThat(last().getReplicas()).isEqualTo(1);
  }

  @Test
  void afterARestartAPoolSleepsOnWithAndWithoutWhatWasLearntUntilItIsAskedFor() {
    for (boolean learnt : new boolean[] {true, false}) {
      asleep();
      asked.put("gpu", now - 40_000);
      ScalingBoard board = new ScalingBoard(0);
      board.restore(last());
      if (learnt) {
        memories.forEach(board::recall);
      }
      idle(board, 90);
      assertThat(last().getReplicas()).isZero();

      waiting(board, 1);
      assertThat(last().getReplicas()).isEqualTo(1);
      assertThat(last().getPreviousReplicas()).isZero();
    }
  }

  @Test
  void whoMayNotSleepIsNotWokenAndAPoolThatNobodyEverAskedForHasNone() {
    ScalingBoard board = new ScalingBoard(0);
    pool("gpu", 50, 0);
    pool("idle", 50, 0);
    pools.get("idle").getScaling().setToZero(true);
    idle(board, 65);
    assertThat(said)
        .allSatisfy(
            decision ->
                assertThat(decision.getReplicas())
                    .isEqualTo(decision.getPool().equals("idle") ? 0 : 2));
    said.clear();
    asked.put("gpu", now);
    asked.put("idle", now);
    idle(board, 1);

    assertThat(said).singleElement().satisfies(d -> assertThat(d.getPool()).isEqualTo("idle"));
    assertThat(last().getPreviousReplicas()).isZero();
    assertThat(last().getReplicas()).isEqualTo(2);
  }

  @Test
  void withoutWorkersWhatWasDecidedStaysWithinThePolicyAlsoOneThatChangesAndIsSaidAgain() {
    ScalingBoard board = new ScalingBoard(0);
    pool("gpu", 50, 0);
    seconds(board, 120, 100, 0);
    int usual = last().getReplicas();
    board = new ScalingBoard(0);
    board.restore(last());
    said.clear();
    idle(board, 130);
    assertThat(said).hasSize(2);
    assertThat(last().getReplicas()).isEqualTo(usual);

    ScalingPolicy more =
        ScalingPolicy.newBuilder(pools.get("gpu").getScaling()).setReplicasMin(usual + 3).build();
    pools.put("gpu", TargetSpec.newBuilder().setScaling(more).build());
    idle(board, 15);
    assertThat(last().getReplicas()).isEqualTo(usual + 3);
    assertThat(last().getReason()).contains("has no workers");
  }

  @Test
  void aPolicyBeyondAllBoundsIsPutRight() {
    ScalingBoard board = new ScalingBoard(0);
    pool("gpu", 50, 0);
    ScalingPolicy absurd =
        ScalingPolicy.newBuilder()
            .setReplicasMin(Integer.MAX_VALUE)
            .setReplicasMax(Integer.MIN_VALUE)
            .setObjectiveMs(Long.MAX_VALUE)
            .setObjectiveQuantile(Double.NaN)
            .setStartUpMs(Long.MAX_VALUE)
            .setCoolDownMs(Long.MAX_VALUE)
            .setSlots(Integer.MIN_VALUE)
            .setCostMicrosPerHour(Long.MIN_VALUE)
            .build();
    pools.put("gpu", TargetSpec.newBuilder().setScaling(absurd).build());

    seconds(board, 30, 100, 0);

    assertThat(last().getReplicas()).isEqualTo(10_000);
  }

  @Test
  void aPoolGetsADecisionThatSaysWhyOnceAWindowHasEnded() {
    pool("a", 50, 0);
    ScalingBoard board = new ScalingBoard(0);
    seconds(board, 10, 100, 1);
    assertThat(said).isEmpty();
    seconds(board, 1, 100, 1);

    assertThat(said).hasSize(1);
    ScalingDecision decision = last();
    assertThat(decision.getPool()).isEqualTo("a");
    assertThat(decision.getKind()).isEqualTo(OperationKind.TOOL);
    assertThat(decision.getObservedPerS()).isBetween(99.0, 101.0);
    assertThat(decision.getServiceMs()).isEqualTo(100);
    assertThat(decision.getReplicas()).isBetween(3, 50);
    assertThat(decision.getReason()).contains("100.0/s");
  }

  @Test
  void aBurstIsAnsweredBeforeItsWindowEnds() {
    pool("a", 50, 0);
    ScalingBoard board = new ScalingBoard(0);
    seconds(board, 600, 40, 1);
    int before = last().getReplicas();
    said.clear();
    seconds(board, 4, 1_000, 1);

    assertThat(last().getPanic()).isTrue();
    assertThat(last().getReplicas()).isGreaterThan(2 * before);
    assertThat(said.get(0).getPreviousReplicas()).isEqualTo(before);
  }

  @Test
  void whatSaturatedWorkersDoNotTakeIsSeenByTheWaitThatGrows() {
    pool("a", 50, 0);
    ScalingBoard board = new ScalingBoard(0);
    seconds(board, 600, 40, 1);
    said.clear();
    for (int wait = 1; wait <= 12; wait++) {
      seconds(board, 1, 40, 800 * wait);
    }

    assertThat(last().getObservedPerS()).isGreaterThan(2 * 40);
    assertThat(last().getReplicas()).isGreaterThan(last().getPreviousReplicas());
  }

  @Test
  void aClockThatJumpsNeitherFailsNorFlaps() {
    pool("a", 50, 0);
    ScalingBoard board = new ScalingBoard(0);
    seconds(board, 600, 40, 1);
    int before = last().getReplicas();
    said.clear();
    for (long jump : new long[] {3_600_000, -7_200_000, 86_400_000, -500, 40_000}) {
      now += jump;
      seconds(board, 35, 40, 1);
    }

    assertThat(said).allSatisfy(d -> assertThat(d.getReplicas()).isEqualTo(before));
  }

  @Test
  void aWorkerThatStartsAnewIsNoBurst() {
    pool("a", 50, 0);
    ScalingBoard board = new ScalingBoard(0);
    seconds(board, 600, 40, 1);
    int before = last().getReplicas();
    said.clear();
    counts.put("a", new long[2]);
    seconds(board, 60, 40, 1);

    assertThat(said).allSatisfy(d -> assertThat(d.getReplicas()).isEqualTo(before));
  }

  @Test
  void poolsShareOneBudgetAndTheDecisionSaysWhatItCost() {
    pool("a", 50, 10);
    pool("b", 50, 10);
    ScalingBoard board = new ScalingBoard(100);
    seconds(board, 700, 400, 1);

    Map<String, ScalingDecision> newest = new TreeMap<>();
    said.forEach(decision -> newest.put(decision.getPool(), decision));
    assertThat(newest).hasSize(2);
    assertThat(newest.values())
        .allSatisfy(
            decision -> {
              assertThat(decision.getReplicas()).isEqualTo(5);
              assertThat(decision.getRejectedReplicas()).isGreaterThan(5);
              assertThat(decision.getRejectedReason()).contains("budget");
            });
  }

  @Test
  void anotherMaximumLosesNothingThatWasLearnt() {
    pool("a", 50, 0);
    ScalingBoard board = new ScalingBoard(0);
    seconds(board, 600, 40, 1);
    int before = last().getReplicas();
    said.clear();
    long[] count = counts.get("a");
    pool("a", 40, 0);
    counts.put("a", count);
    seconds(board, 60, 40, 1);

    assertThat(said).isNotEmpty().allSatisfy(d -> assertThat(d.getReplicas()).isEqualTo(before));
    assertThat(last().getReplicasMax()).isEqualTo(40);
  }

  @Test
  void aPoolThatIsScaledNoLongerIsForgotten() {
    pool("a", 50, 0);
    ScalingBoard board = new ScalingBoard(0);
    seconds(board, 30, 40, 1);
    said.clear();
    pools.clear();
    seconds(board, 120, 40, 1);

    assertThat(said).isEmpty();
  }
}
