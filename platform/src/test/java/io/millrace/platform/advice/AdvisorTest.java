package io.millrace.platform.advice;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.HealthStatus;
import io.millrace.events.Hedge;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.serde.AvroSafety;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AdvisorTest {
  private static final String TARGET = "model:m@1";

  @BeforeAll
  static void avro() {
    AvroSafety.establish();
  }

  private static UsageSum used(
      long operations, long spared, long attempts, double queueMs, long rows) {
    return new UsageSum(
        "",
        TARGET,
        OperationKind.INFERENCE,
        operations,
        operations,
        spared,
        attempts,
        0,
        0,
        operations,
        0,
        0,
        operations * queueMs,
        operations,
        operations * rows);
  }

  private static TargetSpec.Builder spec() {
    return TargetSpec.newBuilder().setTarget(TARGET);
  }

  private static TargetSpec model(int batchMax) {
    return spec().setModel(ModelSpec.newBuilder().setBatchMax(batchMax).build()).build();
  }

  private static List<Advice> of(TargetSpec spec, UsageSum sum) {
    return Advisor.of(Map.of(TARGET, spec), Map.of(), Map.of(), Map.of(TARGET, sum));
  }

  private static List<Advice> of(TargetSpec spec, HealthStatus status) {
    return Advisor.of(Map.of(TARGET, spec), Map.of(TARGET, status), Map.of(), Map.of());
  }

  private static HealthStatus status(double p50, double p99, long count) {
    return HealthStatus.newBuilder()
        .setTarget(TARGET)
        .setP50Ms(p50)
        .setP99Ms(p99)
        .setWindowCount(count)
        .build();
  }

  @Test
  void fullBatchesBeforeWhichRequestsWaitShouldBeLarger() {
    List<Advice> advice = of(model(8), used(500, 0, 500, 40, 8));

    assertThat(advice).extracting(Advice::code).containsExactly("BATCHES_FULL");
    assertThat(advice.get(0).advice()).contains("max_batch_size", "8.0", "40.0 ms", "8.0 ms");
    assertThat(advice.get(0).evidence())
        .containsEntry("mean_batch", 8.0)
        .containsEntry("batch_max", 8.0)
        .containsEntry("mean_queue_ms", 40.0);
    assertThat(of(model(8), used(500, 0, 500, 40, 6))).isEmpty();
    assertThat(of(model(8), used(500, 0, 500, 5, 8))).isEmpty();
    assertThat(of(model(8), used(50, 0, 50, 40, 8))).isEmpty();
  }

  @Test
  void aModelThatIsNotBatchedAndWaitedForShouldBe() {
    assertThat(of(model(0), used(500, 0, 500, 40, 1)))
        .extracting(Advice::code)
        .containsExactly("NOT_BATCHED");
  }

  @Test
  void aCacheThatNeverHitsShouldGo() {
    TargetSpec cacheable = spec().setCacheTtlMs(5_000L).build();

    assertThat(of(cacheable, used(1_000, 0, 1_000, 0, 0)))
        .extracting(Advice::code)
        .containsExactly("CACHE_UNUSED");
    assertThat(of(cacheable, used(1_000, 1, 999, 0, 0))).isEmpty();
    assertThat(of(cacheable, used(999, 0, 999, 0, 0))).isEmpty();
    assertThat(of(spec().build(), used(1_000, 0, 1_000, 0, 0))).isEmpty();
    assertThat(
            of(
                spec().setCacheTtlMs(5_000L).setSpeculate(true).build(),
                used(1_000, 0, 1_000, 0, 0)))
        .extracting(Advice::code)
        .containsExactly("SPECULATION_UNUSED", "CACHE_UNUSED");
  }

  @Test
  void manyRetriesAreNamedWithTheirNumber() {
    List<Advice> advice = of(spec().build(), used(200, 0, 300, 0, 0));

    assertThat(advice).extracting(Advice::code).containsExactly("MANY_RETRIES");
    assertThat(advice.get(0).advice()).contains("300 attempts for 200 operations");
    assertThat(of(spec().build(), used(200, 0, 210, 0, 0))).isEmpty();
  }

  @Test
  void runsThatEndNearTheTimeoutAreNamed() {
    TargetSpec spec = spec().setTimeoutMs(1_000).build();

    assertThat(of(spec, status(700, 850, 200)))
        .extracting(Advice::code)
        .containsExactly("NEAR_TIMEOUT");
    assertThat(of(spec, status(700, 790, 200))).isEmpty();
    assertThat(of(spec, status(700, 850, 99))).isEmpty();
  }

  @Test
  void aLongTailOfWhatIsIdempotentShouldBeHedged() {
    assertThat(of(spec().setIdempotent(true).build(), status(5, 60, 200)))
        .extracting(Advice::code)
        .containsExactly("LONG_TAIL");
    assertThat(of(spec().setIdempotent(false).build(), status(5, 60, 200))).isEmpty();
    assertThat(
            of(
                spec().setIdempotent(true).setHedge(Hedge.newBuilder().build()).build(),
                status(5, 60, 200)))
        .isEmpty();
  }

  @Test
  void aPoolAtItsMaximumThatNeedsMoreIsNamed() {
    TargetSpec pool =
        TargetSpec.newBuilder()
            .setTarget("pool:gpu")
            .setScaling(ScalingPolicy.newBuilder().build())
            .build();
    ScalingDecision decision =
        ScalingDecision.newBuilder()
            .setPool("gpu")
            .setReplicas(5)
            .setReplicasMax(5)
            .setRejectedReplicas(9)
            .setRejectedReason("more than its maximum allows")
            .build();

    assertThat(Advisor.of(Map.of("pool:gpu", pool), Map.of(), Map.of("gpu", decision), Map.of()))
        .extracting(Advice::code)
        .containsExactly("POOL_AT_MAXIMUM");
    assertThat(Advisor.of(Map.of(), Map.of(), Map.of("gpu", decision), Map.of())).isEmpty();
  }
}
