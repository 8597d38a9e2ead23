package io.millrace.inference.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GpusTest {

  @Test
  void aLineIsAGpu() {
    assertThat(Gpus.parse("0, 35, 1024, 143771\n1, 0, 3, 143771\n"))
        .isEqualTo(
            Map.of(
                "gpu0_share", 0.35,
                "gpu0_memory_used_bytes", 1024.0 * (1 << 20),
                "gpu0_memory_bytes", 143771.0 * (1 << 20),
                "gpu1_share", 0.0,
                "gpu1_memory_used_bytes", 3.0 * (1 << 20),
                "gpu1_memory_bytes", 143771.0 * (1 << 20)));
  }

  @Test
  void whatIsNotANumberIsLeftOut() {
    assertThat(Gpus.parse("0, [N/A], 12, [Not Supported]"))
        .isEqualTo(Map.of("gpu0_memory_used_bytes", 12.0 * (1 << 20)));
    assertThat(Gpus.parse("NVIDIA-SMI has failed because it couldn't communicate")).isEmpty();
    assertThat(Gpus.parse("")).isEmpty();
  }

  @Test
  void whatTheProgramSaysIsWhatTheMetricsAre() {
    try (Gpus gpus = new Gpus(List.of("echo", "0, 50, 1, 2"))) {
      await().until(() -> gpus.metrics().size() == 3);
      assertThat(gpus.metrics()).containsEntry("gpu0_share", 0.5);
    }
  }

  @Test
  void aProgramThatIsMissingIsNoGpu() {
    try (Gpus gpus = new Gpus(List.of("no-such-program-here"))) {
      assertThat(gpus.metrics()).isEmpty();
    }
  }
}
