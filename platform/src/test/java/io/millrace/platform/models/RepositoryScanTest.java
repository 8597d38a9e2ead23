package io.millrace.platform.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryScanTest {
  private static final String KEY = "model:m@1";
  private static final long LATER = System.currentTimeMillis() + 60_000;

  @TempDir Path directory;

  private void write(OnnxGraph graph) throws IOException {
    Path file = directory.resolve("m/1/model.onnx");
    Files.createDirectories(file.getParent());
    graph.write(file);
  }

  private RepositoryScan scan() {
    return new RepositoryScan(directory, "default");
  }

  @Test
  void aModelIsDeclaredOnceAndRemovedWithItsFile() throws Exception {
    write(SeededModels.tiny());
    RepositoryScan scan = scan();

    assertThat(scan.look(LATER, Set.of()).targets().get(KEY).getUnloaded()).isFalse();
    assertThat(scan.look(LATER, Set.of()).targets()).isEmpty();
    for (String path : List.of("m/1/model.onnx", "m/1", "m")) {
      Files.delete(directory.resolve(path));
    }
    assertThat(scan.look(LATER, Set.of()).targets()).containsEntry(KEY, null);
  }

  @Test
  void aModelThatWasUnloadedStaysSo() throws Exception {
    write(SeededModels.tiny());
    RepositoryScan scan = scan();
    TargetSpec declared = scan.look(LATER, Set.of()).targets().get(KEY);

    assertThat(scan.look(LATER, Set.of(KEY)).targets()).as("nobody declares it anew").isEmpty();
    declared.setUnloaded(true);
    RepositoryScan restarted = scan();
    restarted.declared(Map.of(KEY, declared));
    assertThat(restarted.look(LATER, Set.of(KEY)).targets()).isEmpty();

    OnnxGraph other = new OnnxGraph("twice");
    String input = other.input("x", TensorDatatype.FP32, -1, 2);
    other.node("Add", Map.of(), List.of(input, input), List.of("y"));
    other.output("y", TensorDatatype.FP32, -1, 2);
    write(other);
    TargetSpec changed = restarted.look(LATER, Set.of(KEY)).targets().get(KEY);
    assertThat(changed.getUnloaded()).isTrue();
    assertThat(restarted.look(LATER, Set.of()).targets()).as("loaded again").isEmpty();
  }
}
