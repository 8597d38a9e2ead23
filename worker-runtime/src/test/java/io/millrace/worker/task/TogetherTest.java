package io.millrace.worker.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TogetherTest {
  private final List<String> done = new ArrayList<>();

  private void report(String what) {
    done.add("made " + what);
    Together.write(() -> done.add("wrote " + what));
  }

  @Test
  void whatIsReportedInOneGoIsWrittenAfterAllOfIt() {
    Together.run(
        () -> {
          report("a");
          Together.run(() -> report("b"));
        });
    report("c");

    assertThat(done).containsExactly("made a", "made b", "wrote a", "wrote b", "made c", "wrote c");
  }

  @Test
  void whatWasReportedBeforeAFailureIsWritten() {
    assertThatThrownBy(
            () ->
                Together.run(
                    () -> {
                      report("a");
                      throw new IllegalStateException("unlucky");
                    }))
        .hasMessage("unlucky");
    report("b");

    assertThat(done).containsExactly("made a", "wrote a", "made b", "wrote b");
  }
}
