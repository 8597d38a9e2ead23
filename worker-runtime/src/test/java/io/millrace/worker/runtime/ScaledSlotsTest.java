package io.millrace.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.serde.AvroSafety;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ScaledSlotsTest {
  static {
    AvroSafety.establish();
  }

  private final Slots slots = new Slots(64, 1_000);
  private final ScaledSlots scaled = new ScaledSlots(64);

  private static TargetSpec scaledPool(int min, int slots) {
    return TargetSpec.newBuilder()
        .setScaling(ScalingPolicy.newBuilder().setReplicasMin(min).setSlots(slots).build())
        .build();
  }

  private static ScalingDecision decision(int replicas) {
    return ScalingDecision.newBuilder().setReplicas(replicas).build();
  }

  @Test
  void slotsAreThoseOfTheReplicasWhateverIsHeardFirst() {
    scaled.decided("a", decision(5));
    scaled.pool("a", slots);
    assertThat(slots.limit()).isEqualTo(64);
    scaled.declared("a", scaledPool(2, 8));
    assertThat(slots.limit()).isEqualTo(40);
    scaled.decided("a", null);
    assertThat(slots.limit()).isEqualTo(16);
    scaled.declared("a", null);
    assertThat(slots.limit()).isEqualTo(64);
  }

  @Test
  void aPoolWithoutReplicasKeepsOneSlot() {
    scaled.pool("a", slots);
    scaled.declared("a", scaledPool(0, 8));
    scaled.decided("a", decision(0));

    assertThat(slots.limit()).isEqualTo(1);
  }

  @Test
  void moreSlotsWakeWhoeverWaitsAndFewerLetWhatRunsEnd() {
    scaled.pool("a", slots);
    scaled.declared("a", scaledPool(1, 2));
    slots.take(1);
    slots.take(1);
    CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> slots.awaitFree(1));
    scaled.decided("a", decision(2));
    await().until(waiting::isDone);
    slots.take(1);
    scaled.decided("a", decision(1));

    assertThat(slots.taken()).isEqualTo(3);
    assertThat(slots.free(1)).isFalse();
    slots.release(1);
    assertThat(slots.free(1)).isFalse();
    slots.release(1);
    assertThat(slots.free(1)).isTrue();
  }
}
