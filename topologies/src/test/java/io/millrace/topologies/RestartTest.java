package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AttemptPhase;
import io.millrace.events.ControlType;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.Task;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the application still knows after it was started again on its state directory. */
class RestartTest {
  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
    register();
  }

  /** Global tables are filled from their topics at every start; the test driver does not. */
  private void register() {
    driver.register(
        OperationsDriver.tool("echo").setIdempotent(true).setCacheTtlMs(60_000L).build());
    driver.register(OperationsDriver.tool("pay").build());
    driver.register(OperationsDriver.tool("plain").setIdempotent(true).setAttemptsMax(1).build());
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private void restart() {
    driver.restart();
    register();
  }

  private Task onlyTask() {
    List<Task> tasks = driver.drain(driver.tasks());
    assertThat(tasks).hasSize(1);
    return tasks.get(0);
  }

  @Test
  void flightsAndThoseWhoJoinedThem() {
    ToolCall leader = driver.call("echo", "{}");
    ToolCall waiter = driver.call("echo", "{}");
    driver.send(leader);
    driver.send(waiter);
    Task task = onlyTask();
    restart();
    driver.send(leader);
    assertThat(driver.drain(driver.tasks())).isEmpty();
    driver.done(task, Outcome.OK, "1");
    assertThat(driver.drain(Topics.TOOL_RESULTS))
        .extracting(ToolResult::getOperationId)
        .containsExactly(leader.getId(), waiter.getId());
  }

  @Test
  void answersAndTheCache() {
    ToolCall call = driver.call("echo", "{}");
    driver.send(call);
    driver.done(onlyTask(), Outcome.OK, "1");
    ToolResult first = driver.drain(Topics.TOOL_RESULTS).get(0);
    restart();
    driver.send(call);
    driver.send(driver.call("echo", "{}"));
    List<ToolResult> results = driver.drain(Topics.TOOL_RESULTS);
    assertThat(results.get(0)).isEqualTo(first);
    assertThat(results.get(1).getServedBy()).isEqualTo(ServedBy.CACHE);
    assertThat(results.get(1).getOutput()).isEqualTo("1");
  }

  @Test
  void grantsSoThatNoOtherClaimIsGranted() {
    driver.send(driver.call("pay", "{}"));
    Task task = onlyTask();
    driver.say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId("a").build());
    assertThat(driver.drain(Topics.TOOL_CONTROLS)).hasSize(1);
    driver.say(driver.attempt(task, AttemptPhase.RUNNING).setClaimId("a").build());
    restart();
    driver.say(driver.attempt(task, AttemptPhase.CLAIM).setClaimId("b").build());
    assertThat(driver.drain(Topics.TOOL_CONTROLS))
        .singleElement()
        .satisfies(control -> assertThat(control.getType()).isEqualTo(ControlType.CANCEL));
    driver.advance(Duration.ofSeconds(9));
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
    driver.advance(Duration.ofSeconds(2));
    assertThat(driver.drain(Topics.TOOL_RESULTS).get(0).getOutcome())
        .isEqualTo(Outcome.OUTCOME_UNKNOWN);
    assertThat(driver.drain(driver.tasks())).isEmpty();
  }

  @Test
  void anOpenCircuit() {
    for (int i = 0; i < 10; i++) {
      driver.send(driver.call("plain", "{}"));
      driver.say(
          driver
              .attempt(onlyTask(), AttemptPhase.DONE)
              .setOutcome(Outcome.TOOL_ERROR)
              .setFailure(new Failure("E", "e"))
              .build());
    }
    driver.advance(Duration.ofMillis(300));
    driver.drain(Topics.TOOL_RESULTS);
    driver.drain(Topics.HEALTH_STATUS);
    restart();
    driver.advance(Duration.ofMillis(600));
    assertThat(driver.drain(Topics.HEALTH_STATUS))
        .last()
        .satisfies(
            status -> {
              assertThat(status.getTotalToolErrors()).isEqualTo(10);
              assertThat(status.getWindowCount()).isZero();
            });
    driver.send(driver.call("plain", "{}"));
    assertThat(driver.drain(Topics.TOOL_RESULTS).get(0).getOutcome())
        .isEqualTo(Outcome.CIRCUIT_OPEN);
  }

  @Test
  void anAnsweredCallIsNotTooLateWhenItIsReadAgain() {
    ToolCall call = driver.call("plain", "{}");
    call.setDeadlineAt(driver.now().plusSeconds(1));
    driver.send(call);
    driver.done(onlyTask(), Outcome.OK, "1");
    ToolResult first = driver.drain(Topics.TOOL_RESULTS).get(0);
    driver.away(Duration.ofSeconds(30));
    restart();
    driver.send(call);
    assertThat(driver.drain(Topics.TOOL_RESULTS)).containsExactly(first);
  }
}
