package io.millrace.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.serde.AvroSafety;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TargetTableTest {
  static {
    AvroSafety.establish();
  }

  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

  private final TargetTable table = new TargetTable();

  private static TargetSpec model(String name, String version) {
    return TargetSpec.newBuilder()
        .setTarget("model:" + name + "@" + version)
        .setKind(TargetKind.MODEL)
        .setName(name)
        .setVersion(version)
        .setPool("gpu")
        .build();
  }

  private void declare(TargetSpec target) {
    table.put(target.getTarget(), target);
  }

  private static WorkerStatus.Builder worker(String... targets) {
    return WorkerStatus.newBuilder()
        .setWorkerId("w")
        .setKind(OperationKind.INFERENCE)
        .setOccurredAt(NOW)
        .setPools(List.of(PoolLoad.newBuilder().setPool("gpu").build()))
        .setTargets(List.of(targets));
  }

  @Test
  void versionsAreOrderedByNumberTheNewestFirst() {
    for (String version : List.of("2", "10", "beta", "1")) {
      declare(model("b", version));
    }
    declare(model("a", "1"));
    table.put("tool:b", TargetSpec.newBuilder().setKind(TargetKind.TOOL).setName("b").build());

    assertThat(table.versions("b"))
        .extracting(TargetSpec::getVersion)
        .containsExactly("10", "2", "1", "beta");
    assertThat(table.models())
        .extracting(TargetSpec::getTarget)
        .containsExactly("model:a@1", "model:b@10", "model:b@2", "model:b@1", "model:b@beta");
  }

  @Test
  void whatIsRemovedIsGone() {
    declare(model("b", "1"));
    table.put("model:b@1", null);

    assertThat(table.versions("b")).isEmpty();
    assertThat(table.models()).isEmpty();
    assertThat(table.find("model:b@1")).isEmpty();
  }

  @Test
  void aModelIsReadyWhereALivingWorkerOfItsPoolHasIt() {
    TargetSpec model = model("b", "1");

    assertThat(ready(model, worker("model:b@1"))).isTrue();
    assertThat(ready(model, worker())).as("models must be loaded first").isFalse();
    assertThat(ready(model, worker("model:b@2"))).isFalse();
    assertThat(ready(model, worker("model:b@1").setDraining(true))).isFalse();
    assertThat(ready(model, worker("model:b@1").setKind(OperationKind.TOOL))).isFalse();
    assertThat(ready(model, worker("model:b@1").setPools(List.of()))).isFalse();
    assertThat(ready(model, worker("model:b@1").setOccurredAt(NOW.minus(Duration.ofSeconds(11)))))
        .isFalse();
  }

  @Test
  void whatKeepsAModelFromBeingReadyIsKnown() {
    TargetSpec model = model("b", "1");
    table.beat("v", worker().setWorkerId("v").build());
    assertThat(table.served(model, NOW)).isTrue();
    assertThat(table.problem(model, NOW)).isEmpty();

    table.beat("w", worker().setProblems(Map.of("model:b@1", "MODEL_INVALID: no ONNX")).build());
    assertThat(table.problem(model, NOW)).hasValue("MODEL_INVALID: no ONNX");
    assertThat(table.problem(model("b", "2"), NOW)).isEmpty();
    assertThat(table.served(model, NOW.plusSeconds(11))).isFalse();
  }

  private boolean ready(TargetSpec model, WorkerStatus.Builder worker) {
    table.beat("w", worker.build());
    return table.ready(model, NOW);
  }

  @Test
  void aWorkerThatLeftHasNothingReady() {
    table.beat("w", worker("model:b@1").build());
    table.beat("w", null);

    assertThat(table.ready(model("b", "1"), NOW)).isFalse();
  }
}
