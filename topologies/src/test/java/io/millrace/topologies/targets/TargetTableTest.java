package io.millrace.topologies.targets;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.HealthStatus;
import io.millrace.events.Hedge;
import io.millrace.events.ModelSpec;
import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.RetryBudget;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Throttle;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.ensemble.Parts;
import io.millrace.schemas.serde.AvroSafety;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TargetTableTest {
  static {
    AvroSafety.establish();
  }

  private final TargetTable targets = new TargetTable();

  private static TargetSpec.Builder search() {
    return TargetSpec.newBuilder().setTarget("tool:search").setName("search");
  }

  static Stream<TargetSpec> absurd() {
    return Stream.of(
        search().setAdaptiveTimeout(timeout(1.5, 2)).build(),
        search().setAdaptiveTimeout(timeout(-0.1, 2)).build(),
        search().setAdaptiveTimeout(timeout(0.9, Double.NaN)).build(),
        search().setHedge(hedge(2, 0.1)).build(),
        search().setHedge(hedge(0.9, Double.POSITIVE_INFINITY)).build(),
        search().setThrottle(Throttle.newBuilder().setRatio(Double.NaN).build()).build(),
        search().setRetryBudget(RetryBudget.newBuilder().setRatio(-1.0).build()).build(),
        search().setArgumentsSchema("{\"$ref\": \"http://127.0.0.1/remote\"}").build());
  }

  private static AdaptiveTimeout timeout(double quantile, double slack) {
    return AdaptiveTimeout.newBuilder().setQuantile(quantile).setSlack(slack).build();
  }

  private static Hedge hedge(double quantile, double budget) {
    return Hedge.newBuilder().setQuantile(quantile).setBudget(budget).build();
  }

  @ParameterizedTest
  @MethodSource("absurd")
  void aDeclarationThatCannotBeWorkedWithLeavesTheFormerOne(TargetSpec absurd) {
    targets.put("tool:search", search().setVersion("7").build());

    targets.put("tool:search", absurd);

    assertThat(targets.target("tool:search").spec().getVersion()).isEqualTo("7");
  }

  private void pool(String name, boolean toZero) {
    targets.put(
        "pool:" + name,
        TargetSpec.newBuilder()
            .setScaling(ScalingPolicy.newBuilder().setToZero(toZero).build())
            .build());
  }

  private TargetSpec.Builder model(String name, String pool) {
    return TargetSpec.newBuilder()
        .setTarget("model:" + name)
        .setKind(TargetKind.MODEL)
        .setPool(pool)
        .setModel(ModelSpec.newBuilder().build());
  }

  private static EnsembleStep step(String... models) {
    return EnsembleStep.newBuilder()
        .setCandidates(
            Stream.of(models)
                .map(model -> EnsembleCandidate.newBuilder().setTarget("model:" + model).build())
                .toList())
        .build();
  }

  @Test
  void aModelIsThereIfItIsReadyOrIsWokenByBeingAskedForAndSoIsAnEnsembleOfSuch() {
    pool("naps", true);
    pool("works", false);
    for (String pool : List.of("naps", "works", "nowhere")) {
      targets.put("model:" + pool + "@1", model(pool + "@1", pool).build());
      targets.put("model:" + pool + "@2", model(pool + "@2", pool).build());
    }
    targets.put("model:gone@1", model("gone@1", "naps").setUnloaded(true).build());
    targets.put("tool:search", search().setPool("naps").build());
    targets.put(
        "model:both",
        model("both", Parts.POOL)
            .setModel(
                ModelSpec.newBuilder()
                    .setSteps(List.of(step("naps@1", "works@1"), step("naps@2")))
                    .build())
            .build());
    targets.put(
        "model:never",
        model("never", Parts.POOL)
            .setModel(
                ModelSpec.newBuilder().setSteps(List.of(step("naps@1"), step("works@2"))).build())
            .build());

    assertThat(targets.sleepers("model:naps@1")).containsExactly("model:naps@1");
    assertThat(targets.sleepers("tool:search")).containsExactly("tool:search");
    assertThat(targets.sleepers("model:both"))
        .containsExactlyInAnyOrder("model:naps@1", "model:naps@2");
    for (String there : List.of("naps@1", "both")) {
      assertThat(targets.target("model:" + there) == null)
          .as(there)
          .isEqualTo(there.equals("both"));
      assertThat(targets.starting("model:" + there)).as(there).isTrue();
      assertThat(targets.ready("model:" + there)).as(there).isFalse();
    }
    for (String other : List.of("works@1", "nowhere@1", "gone@1", "never", "none")) {
      assertThat(targets.target("model:" + other)).as(other).isNull();
      assertThat(targets.starting("model:" + other)).as(other).isFalse();
    }
    assertThat(targets.starting("tool:search")).isTrue();

    targets.putWorker(
        "w",
        WorkerStatus.newBuilder()
            .setKind(OperationKind.INFERENCE)
            .setTargets(List.of("model:works@1", "model:naps@2"))
            .setPools(List.of(PoolLoad.newBuilder().setPool("naps").build()))
            .build());
    assertThat(targets.starting("model:both")).isFalse();
    assertThat(targets.sleepers("model:both")).isEmpty();
    assertThat(targets.starting("model:naps@2")).isFalse();
    assertThat(targets.starting("model:naps@1")).isTrue();
    assertThat(targets.starting("tool:search")).isFalse();
  }

  @Test
  void whoAsksForNoVersionGetsTheOneThatCanServeSoonest() {
    pool("naps", true);
    pool("works", false);
    targets.put("model:m@2", model("m@2", "naps").build());
    targets.put("model:m@3", model("m@3", "works").build());
    targets.put("model:m@4", model("m@4", "naps").setUnloaded(true).build());
    targets.put("model:m@1", model("m@1", "naps").build());
    assertThat(targets.modelName("m", null)).isEqualTo("model:m@2");
    targets.putWorker(
        "w",
        WorkerStatus.newBuilder()
            .setKind(OperationKind.INFERENCE)
            .setTargets(List.of("model:m@1"))
            .build());
    assertThat(targets.modelName("m", null)).as("it is ready").isEqualTo("model:m@1");
    targets.putWorker("w", null);
    assertThat(targets.modelName("m", null)).isEqualTo("model:m@2");
    targets.put("model:m@1", null);
    targets.put("model:m@2", null);
    assertThat(targets.modelName("m", null)).isEqualTo("model:m@3");
    targets.put("model:m@3", null);
    assertThat(targets.modelName("m", null)).isEqualTo("model:m@4");
  }

  @Test
  void aPoolIsAskedForWhenTheLatestOfItsTargetsIs() {
    targets.put("tool:search", search().setPool("a").build());
    targets.put("model:m@1", model("m@1", "a").build());
    assertThat(targets.asked()).isEmpty();
    for (String target : List.of("tool:search", "model:m@1", "tool:undeclared")) {
      targets.putHealth(
          target,
          HealthStatus.newBuilder().setAskedAt(Instant.ofEpochMilli(target.length())).build());
    }
    assertThat(targets.asked()).isEqualTo(Map.of("a", 11L));
  }
}
