package io.millrace.gateway.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.OperationKind;
import io.millrace.events.PoolLoad;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.TargetTable;
import io.millrace.schemas.serde.AvroSafety;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModelsTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private final TargetTable table = new TargetTable();
  private final Models models = new Models(table, () -> NOW);

  static {
    AvroSafety.establish();
  }

  @BeforeEach
  void declare() {
    for (String version : List.of("1", "2", "3")) {
      declare(version, false);
    }
  }

  private void declare(String version, boolean unloaded) {
    TargetSpec spec =
        TargetSpec.newBuilder()
            .setTarget("model:m@" + version)
            .setKind(TargetKind.MODEL)
            .setName("m")
            .setVersion(version)
            .setUnloaded(unloaded)
            .build();
    table.put(spec.getTarget(), spec);
  }

  private void ready(String... targets) {
    table.beat(
        "w",
        WorkerStatus.newBuilder()
            .setKind(OperationKind.INFERENCE)
            .setOccurredAt(NOW)
            .setPools(List.of(PoolLoad.newBuilder().setPool("default").build()))
            .setTargets(List.of(targets))
            .build());
  }

  @Test
  void whoAsksForNoVersionGetsTheNewestThatIsReady() {
    assertThat(models.require("m", null).getVersion()).isEqualTo("3");
    ready("model:m@1", "model:m@2");
    assertThat(models.require("m", null).getVersion()).isEqualTo("2");
    assertThat(models.require("m", "3").getVersion()).isEqualTo("3");
    ready();
    declare("3", true);
    assertThat(models.require("m", null).getVersion()).isEqualTo("2");
    assertThat(models.all("m", null)).hasSize(3);
    assertThat(models.all("m", "1")).hasSize(1);
  }

  @Test
  void whatIsUnloadedIsDescribedButNotCalled() {
    declare("3", true);

    assertThat(models.require("m", "3").getUnloaded()).isTrue();
    assertThatThrownBy(() -> models.callable("m", "3"))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.status()).isEqualTo(503);
              assertThat(refusal.code()).isEqualTo("MODEL_UNLOADED");
            });
    assertThat(models.callable("m", null).getVersion()).isEqualTo("2");
  }

  @Test
  void whatIsNotThereIsNotFoundInWordsThatEnd() {
    assertThatThrownBy(() -> models.require("none", null))
        .hasMessage("Request for unknown model: 'none' is not found");
    assertThatThrownBy(() -> models.require("m", "9"))
        .hasMessageContaining("'m' version 9 is not found; there are [3, 2, 1]");
    assertThatThrownBy(() -> models.require("x".repeat(10_000), null))
        .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(200));
  }
}
