package io.millrace.benchmarks.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ClaimsTest {
  private final Claims claims = new Claims();

  @Test
  void whatIsGrantedAndNotDoneRuns() {
    claims.made("c1", "op1", "w1", 90);
    claims.begun("c1", 100);
    claims.done("c1", 200);

    assertThat(claims.runningAt(kill(99, ""))).isEmpty();
    assertThat(claims.runningAt(kill(100, ""))).containsExactly("op1");
    assertThat(claims.runningAt(kill(200, ""))).containsExactly("op1");
    assertThat(claims.runningAt(kill(201, ""))).isEmpty();
  }

  @Test
  void whatIsNeverDoneRunsOn() {
    claims.made("c1", "op1", "w1", 90);
    claims.begun("c1", 100);

    assertThat(claims.runningAt(kill(5_000, ""))).containsExactly("op1");
  }

  @Test
  void aClaimWithoutAGrantDoesNotRun() {
    claims.made("c1", "op1", "w1", 90);

    assertThat(claims.runningAt(kill(5_000, ""))).isEmpty();
    assertThat(claims.claimedAt(kill(5_000, ""))).containsExactly("op1");
    assertThat(claims.claimedAt(kill(89, ""))).isEmpty();
  }

  @Test
  void theKillOfAWorkerHitsItsOwnTasksOnly() {
    claims.made("c1", "op1", "w1", 90);
    claims.begun("c1", 100);
    claims.made("c2", "op2", "w2", 90);
    claims.begun("c2", 100);

    assertThat(claims.runningAt(kill(150, "w2"))).containsExactly("op2");
  }

  private static Kill kill(long at, String worker) {
    return new Kill(at, worker, Set.of());
  }
}
