package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.inference.onnx.LanguageModel;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.inference.runtime.Devices;
import io.millrace.inference.runtime.MemoryBudget;
import io.millrace.schemas.serde.AvroSafety;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many sessions a model has, told by the memory that they take of the budget. */
class ModelLoaderTest {
  private static final int RUNS = 2;
  private static final long AMPLE = 1L << 30;

  static {
    AvroSafety.establish();
  }

  @TempDir Path directory;

  private TargetSpec declared(OnnxGraph graph, String config) throws IOException {
    Path file = directory.resolve("model.onnx");
    graph.write(file);
    return TargetSpec.newBuilder()
        .setTarget("model:test@1")
        .setKind(TargetKind.MODEL)
        .setName("test")
        .setModel(ModelSpec.newBuilder().setUri(file.toUri().toString()).setConfig(config).build())
        .build();
  }

  /** What one session of the model takes. */
  private long one() throws IOException {
    MemoryBudget budget = new MemoryBudget(AMPLE);
    return budget.take("model:test@1", Files.size(directory.resolve("model.onnx")));
  }

  private static long taken(TargetSpec declaration, MemoryBudget budget) {
    long taken;
    try (LoadedModel loaded =
        new ModelLoader(new Devices(false, 0), budget, RUNS).load(declaration)) {
      taken = budget.taken();
    }
    assertThat(budget.taken()).as("all is given back").isZero();
    return taken;
  }

  @Test
  void runsOfAModelWithFreeLengthsDoNotShareASession() throws IOException {
    TargetSpec lm = declared(LanguageModel.lm(1), "{}");
    assertThat(taken(lm, new MemoryBudget(AMPLE))).isEqualTo(RUNS * one());
  }

  @Test
  void theyShareOneWhereOtherModelsWouldHaveTooLittleMemory() throws IOException {
    TargetSpec lm = declared(LanguageModel.lm(1), "{}");
    assertThat(taken(lm, new MemoryBudget(4 * RUNS * one() - 1))).isEqualTo(one());
    assertThat(taken(lm, new MemoryBudget(4 * RUNS * one()))).isEqualTo(RUNS * one());
  }

  @Test
  void theyShareOneWhereTheConfigurationSaysSo() throws IOException {
    TargetSpec lm =
        declared(
            LanguageModel.lm(1),
            "{\"parameters\":{\"share_session_between_instances\":{\"string_value\":\"true\"}}}");
    assertThat(taken(lm, new MemoryBudget(AMPLE))).isEqualTo(one());
  }

  @Test
  void runsOfAModelWhoseMemoryIsPlannedShareOne() throws IOException {
    TargetSpec tiny = declared(SeededModels.tiny(), "{}");
    assertThat(taken(tiny, new MemoryBudget(AMPLE))).isEqualTo(one());
  }
}
