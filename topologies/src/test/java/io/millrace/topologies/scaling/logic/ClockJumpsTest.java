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
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.BeforeTry;

/** A clock that jumps, by whatever, makes no decision that a steady clock would not have made. */
class ClockJumpsTest {
  private static final long HOURS = 2 * 3_600_000;
  private static final int COOL_DOWN_SECONDS = 30;
  private static final TargetSpec SPEC;

  static {
    AvroSafety.establish();
    SPEC =
        TargetSpec.newBuilder()
            .setScaling(
                ScalingPolicy.newBuilder()
                    .setSlots(4)
                    .setCoolDownMs(1_000L * COOL_DOWN_SECONDS)
                    .build())
            .build();
  }

  private ScalingBoard board = new ScalingBoard(0);
  private final List<ScalingDecision> said = new ArrayList<>();
  private long now = 100_000_000_000L;
  private long done;

  @BeforeTry
  void anew() {
    board = new ScalingBoard(0);
    said.clear();
  }

  /** One worker; each task runs for 100 ms. */
  private void seconds(int seconds, long perSecond) {
    for (int i = 0; i < seconds; i++) {
      now += 1_000;
      done += perSecond;
      WorkerStatus worker =
          WorkerStatus.newBuilder()
              .setWorkerId("w")
              .setKind(OperationKind.TOOL)
              .setPools(
                  List.of(
                      new PoolLoad("a", 4, 2, done, done, 1.0 * done, 100.0 * done, 1e4 * done)))
              .build();
      said.addAll(board.tick(now, Map.of("a", SPEC), List.of(worker), Map.of()).decisions());
    }
  }

  /** By what is told from a tick that is late: twenty seconds at least. */
  private void jump(long millis) {
    now += millis + (millis < 0 ? -20_000 : 20_000);
  }

  private int replicas() {
    return said.get(said.size() - 1).getReplicas();
  }

  @Property(tries = 50)
  void neitherRatesNorReplicasLeaveTheirPlace(
      @ForAll @Size(min = 1, max = 12) List<@LongRange(min = -HOURS, max = HOURS) Long> jumps,
      @ForAll @IntRange(min = 1, max = 60) int apart) {
    seconds(600, 100);
    int steady = replicas();
    said.clear();
    for (long jump : jumps) {
      jump(jump);
      seconds(apart, 100);
    }
    seconds(120, 100);

    assertThat(said)
        .allSatisfy(
            decision -> {
              assertThat(decision.getObservedPerS()).isBetween(40.0, 125.0);
              assertThat(decision.getReplicas()).isBetween(3, 2 * steady);
              assertThat(decision.getPanic()).isFalse();
            });
    assertThat(said.get(said.size() - 1).getOccurredAt().toEpochMilli())
        .isGreaterThan(now - 61_000);
  }

  @Property(tries = 30)
  void theCoolDownIsNotFrozen(
      @ForAll @Size(min = 1, max = 12) List<@LongRange(min = -HOURS, max = HOURS) Long> jumps) {
    seconds(600, 200);
    int high = replicas();
    for (long jump : jumps) {
      jump(jump);
      seconds(25, 20);
    }
    seconds(300 + COOL_DOWN_SECONDS, 20);

    assertThat(replicas()).isLessThan(high / 2);
  }

  @Property(tries = 30)
  void aBurstAfterAJumpIsAPanicAllTheSame(@ForAll @LongRange(min = -HOURS, max = HOURS) long jump) {
    seconds(600, 20);
    said.clear();
    jump(jump);
    seconds(25, 400);

    assertThat(said).anySatisfy(d -> assertThat(d.getPanic()).isTrue());
    assertThat(replicas()).isGreaterThanOrEqualTo(10);
  }
}
