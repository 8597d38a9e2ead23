package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.Rejection;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScalingPathTest {
  private OperationsDriver driver;
  private long done;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
    declare();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private void declare() {
    driver
        .in(Topics.TARGETS)
        .pipeInput(
            "pool:gpu",
            TargetSpec.newBuilder()
                .setTarget("pool:gpu")
                .setScaling(ScalingPolicy.newBuilder().setSlots(4).build())
                .build());
  }

  private void work(int seconds, long perSecond) {
    for (int i = 0; i < seconds; i++) {
      done += perSecond;
      driver
          .in(Topics.WORKERS)
          .pipeInput(
              "w",
              WorkerStatus.newBuilder()
                  .setWorkerId("w")
                  .setKind(OperationKind.TOOL)
                  .setPools(
                      List.of(
                          new PoolLoad(
                              "gpu", 8, 4, done, done, 1.0 * done, 100.0 * done, 1e4 * done)))
                  .build());
      driver.advance(Duration.ofSeconds(1));
    }
  }

  @Test
  void aDecisionThatCannotBeReadIsRejected() {
    driver
        .bytesIn(Topics.SCALING_DECISIONS)
        .pipeInput("gpu", "no Avro".getBytes(StandardCharsets.UTF_8));

    assertThat(driver.drain(Topics.REJECTIONS))
        .extracting(Rejection::getSourceTopic)
        .containsExactly("scaling.decisions");
  }

  @Test
  void whatWorkersSayBecomesADecisionAndAnAlertPerChange() {
    work(25, 100);

    List<ScalingDecision> decisions = driver.drain(Topics.SCALING_DECISIONS);
    ScalingDecision last = decisions.get(decisions.size() - 1);
    assertThat(last.getPool()).isEqualTo("gpu");
    assertThat(last.getObservedPerS()).isBetween(90.0, 110.0);
    assertThat(last.getReplicas()).isGreaterThan(2);
    assertThat(driver.drain(Topics.ALERTS))
        .hasSameSizeAs(decisions)
        .allSatisfy(
            alert -> {
              assertThat(alert.getTarget()).isEqualTo("pool:gpu");
              assertThat(alert.getType()).isEqualTo("SCALED_UP");
            });
  }

  @Test
  void whatCannotBeReadStopsNothing() {
    driver.bytesIn(Topics.WORKERS).pipeInput("w", new byte[] {1, 2, 3});
    driver.bytesIn(Topics.SCALING_DECISIONS).pipeInput("gpu", new byte[] {1, 2, 3});
    work(14, 100);

    assertThat(driver.drain(Topics.SCALING_DECISIONS)).hasSize(1);
  }

  @Test
  void aRestartGoesOnFromTheLastDecision() {
    work(25, 100);
    List<ScalingDecision> decisions = driver.drain(Topics.SCALING_DECISIONS);
    int before = decisions.get(decisions.size() - 1).getReplicas();
    driver.drain(Topics.ALERTS);
    driver.restart();
    declare();
    work(14, 300);

    assertThat(driver.drain(Topics.SCALING_DECISIONS))
        .first()
        .satisfies(d -> assertThat(d.getPreviousReplicas()).isEqualTo(before));
  }

  /** Replicas that are decided upon after what happens once enough is known of the load. */
  private List<Integer> replicasAfter(Runnable what) {
    work(600, 100);
    driver.drain(Topics.SCALING_DECISIONS);
    driver.drain(Topics.ALERTS);
    what.run();
    work(90, 100);
    return driver.drain(Topics.SCALING_DECISIONS).stream()
        .map(ScalingDecision::getReplicas)
        .distinct()
        .toList();
  }

  private void restart() {
    driver.restart();
    declare();
  }

  @Test
  void whatWasLearntOutlivesARestart() throws IOException {
    List<Integer> without = replicasAfter(() -> {});
    assertThat(without).hasSize(1);
    stop();
    done = 0;
    start();

    assertThat(replicasAfter(this::restart)).isEqualTo(without);
    assertThat(driver.memory("scaling-memory").get("gpu")).hasSizeLessThan(16 << 10);
  }

  @Test
  void whatWasLearntAndCannotBeReadIsDroppedAndSaid() {
    List<Integer> dropped =
        replicasAfter(
            () -> {
              driver.memory("scaling-memory").put("gpu", new byte[] {1, 2, 3, 4, 5, 6, 7});
              restart();
            });

    assertThat(driver.drain(Topics.ALERTS))
        .filteredOn(alert -> alert.getType().equals("SCALING_MEMORY_DROPPED"))
        .singleElement()
        .satisfies(alert -> assertThat(alert.getMessage()).contains("pool gpu", "damaged"));
    // Three times the rate, as for a load of which nothing is known.
    assertThat(dropped.get(0)).isGreaterThanOrEqualTo(8);
  }

  @Test
  void aPoolThatIsScaledNoLongerHasNoDecision() {
    work(15, 100);
    driver.drain(Topics.SCALING_DECISIONS);
    driver.in(Topics.TARGETS).pipeInput("pool:gpu", null);
    driver.advance(Duration.ofSeconds(2));

    assertThat(driver.out(Topics.SCALING_DECISIONS).readRecordsToList())
        .hasSize(1)
        .allSatisfy(
            record -> {
              assertThat(record.key()).isEqualTo("gpu");
              assertThat(record.value()).isNull();
            });
  }

  @Test
  void aPoolIsScaledToTheShortestObjectiveOfItsTargets() {
    driver
        .in(Topics.TARGETS)
        .pipeInput(
            "tool:quick",
            OperationsDriver.tool("quick").setPool("gpu").setObjectiveMs(40L).build());
    driver
        .in(Topics.TARGETS)
        .pipeInput(
            "tool:slow",
            OperationsDriver.tool("slow").setPool("gpu").setObjectiveMs(4_000L).build());
    work(15, 100);

    assertThat(driver.drain(Topics.SCALING_DECISIONS))
        .last()
        .satisfies(decision -> assertThat(decision.getObjectiveMs()).isEqualTo(40));
  }
}
