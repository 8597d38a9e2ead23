package io.millrace.benchmarks.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessCpuTest {

  @Test
  void userSystemAndEndedChildrenAreAddedUp() {
    String stat = "17 (java) S 1 17 17 0 -1 4194560 9 9 9 9 100 20 3 4 20 0 50 0 99 1 2";

    assertThat(ProcessCpu.parse(stat)).isEqualTo(Duration.ofMillis(1_270));
  }

  @Test
  void theNameOfTheProgramMayHoldAnything() {
    String stat = "17 (a) b (c 9) S 1 17 17 0 -1 4194560 9 9 9 9 1 1 1 1 20 0 50 0 99 1 2";

    assertThat(ProcessCpu.parse(stat)).isEqualTo(Duration.ofMillis(40));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theCompilersOfThisJvmHaveUsedLessThanAllOfIt() {
    assertThat(ProcessCpu.ofCompilers(ProcessHandle.current().pid()))
        .isPositive()
        .isLessThan(ProcessCpu.ofThis());
  }

  @Test
  void anotherTextIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> ProcessCpu.parse(""));
    assertThatIllegalArgumentException().isThrownBy(() -> ProcessCpu.parse("17 (java) S 1 2"));
  }
}
