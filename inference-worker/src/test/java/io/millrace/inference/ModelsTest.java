package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.inference.runtime.Devices;
import io.millrace.inference.runtime.MemoryBudget;
import io.millrace.inference.runtime.ModelFile;
import io.millrace.schemas.serde.AvroSafety;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are asked for while they load. */
class ModelsTest {
  private static final String TARGET = "model:tiny@1";

  static {
    AvroSafety.establish();
  }

  @TempDir Path directory;

  private final Models models =
      new Models(
          new ModelLoader(new Devices(false, 0), new MemoryBudget(1 << 30), 1), pool -> true);

  @AfterEach
  void close() {
    models.close();
  }

  private TargetSpec tiny() throws IOException {
    Path file = directory.resolve("tiny.onnx");
    SeededModels.tiny().write(file);
    return TargetSpec.newBuilder()
        .setTarget(TARGET)
        .setKind(TargetKind.MODEL)
        .setName("tiny")
        .setModel(
            ModelSpec.newBuilder()
                .setUri(file.toUri().toString())
                .setSha256(ModelFile.sha256(file))
                .build())
        .build();
  }

  @Test
  void whoAsksWhileItLoadsGetsItWhenItIsLoaded() throws Exception {
    models.declared(TARGET, tiny());
    CompletableFuture<LoadedModel> asked = models.soon(TARGET);
    assertThat(asked.get(30, TimeUnit.SECONDS).declaration().getName()).isEqualTo("tiny");
    assertThat(models.soon(TARGET)).isCompleted();
  }

  @Test
  void whoAsksWhileItFailsToLoadIsToldWhy() throws Exception {
    TargetSpec changed = tiny();
    Files.writeString(directory.resolve("tiny.onnx"), "something else");
    models.declared(TARGET, changed);
    CompletableFuture<LoadedModel> asked = models.soon(TARGET);
    assertThatThrownBy(() -> asked.get(30, TimeUnit.SECONDS))
        .cause()
        .hasMessageContaining("is not ready here: MODEL_HASH_MISMATCH");
    assertThat(models.soon(TARGET)).isCompletedExceptionally();
  }

  @Test
  void whoAsksForOneThatIsTakenAwayIsTold() throws Exception {
    models.declared(TARGET, tiny());
    CompletableFuture<LoadedModel> asked = models.soon(TARGET);
    models.declared(TARGET, null);
    asked.handle((model, failure) -> true).get(30, TimeUnit.SECONDS);
    assertThatThrownBy(() -> models.soon(TARGET).join())
        .hasMessageContaining("it is not declared for the pools of this worker");
  }

  @Test
  void itIsSettledWhenAllThatWasDeclaredIsLoadedOrCannotBe() throws Exception {
    models.declared(TARGET, tiny());
    models.settled().get(30, TimeUnit.SECONDS);
    assertThat(models.ready()).containsExactly(TARGET);
  }
}
