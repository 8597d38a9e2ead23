package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Audit;
import io.millrace.events.CacheInvalidation;
import io.millrace.events.InvalidationScope;
import io.millrace.events.Outcome;
import io.millrace.events.Rejection;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.ToolCall;
import io.millrace.events.ToolResult;
import io.millrace.events.ToolStep;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SpeculationPathTest {
  private static final int LESSONS = 8;
  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private static TargetSpec.Builder read(String name) {
    return OperationsDriver.tool(name)
        .setIdempotent(true)
        .setReadOnly(true)
        .setAttemptsMax(1)
        .setCacheTtlMs(60_000L);
  }

  private void registerReads(boolean speculate) {
    driver.register(read("user").setSpeculate(speculate).build());
    driver.register(read("order").setSpeculate(speculate).build());
    driver.register(OperationsDriver.tool("refund").setIdempotent(true).build());
  }

  private ToolCall send(String conversation, String tool, String arguments) {
    ToolCall call = driver.call(tool, arguments);
    call.setCorrelationId(conversation);
    driver.send(call);
    return call;
  }

  private List<Task> tasks() {
    return driver.drain(driver.tasks());
  }

  private void answer(String conversation, String tool, String arguments, String output) {
    send(conversation, tool, arguments);
    for (Task task : tasks()) {
      driver.done(task, Outcome.OK, output);
    }
  }

  /** Conversations in which the first order of a user is always asked for, then refunded. */
  private void teach() {
    for (int i = 0; i < LESSONS; i++) {
      String conversation = "lesson-" + i;
      answer(conversation, "user", user(i), "{\"orders\":[\"A%d\",\"B%d\"]}".formatted(i, i));
      answer(
          conversation, "order", "{\"order\":\"A%d\"}".formatted(i), "{\"price\":%d}".formatted(i));
      answer(conversation, "refund", "{\"order\":\"A%d\"}".formatted(i), "1");
    }
    tasks();
    driver.drain(Topics.TOOL_RESULTS);
    driver.drain(Topics.AUDIT);
  }

  private static String user(int i) {
    return "{\"id\":\"user_%d\"}".formatted(i);
  }

  private List<Task> afterTheUserIsKnown() {
    send("real", "user", "{\"id\":\"user_77\"}");
    List<Task> tasks = tasks();
    assertThat(tasks).hasSize(1);
    driver.done(tasks.get(0), Outcome.OK, "{\"orders\":[\"A77\",\"B77\"]}");
    driver.drain(Topics.TOOL_RESULTS);
    return tasks();
  }

  @Test
  void aLikelyReadIsMadeAheadAndTheRealCallJoinsItsFlight() {
    registerReads(true);
    teach();
    List<Task> ahead = afterTheUserIsKnown();
    assertThat(ahead).extracting(Task::getArguments).containsExactly("{\"order\":\"A77\"}");

    ToolCall real = send("real", "order", "{\"order\":\"A77\"}");
    assertThat(tasks()).isEmpty();
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();

    driver.done(ahead.get(0), Outcome.OK, "{\"price\":77}");
    List<ToolResult> results = driver.drain(Topics.TOOL_RESULTS);
    assertThat(results).extracting(ToolResult::getOperationId).containsExactly(real.getId());
    assertThat(results.get(0).getOutput()).isEqualTo("{\"price\":77}");
  }

  @Test
  void aRealCallThatComesLaterHitsAndNobodyIsAnsweredBefore() {
    registerReads(true);
    teach();
    driver.done(afterTheUserIsKnown().get(0), Outcome.OK, "{\"price\":77}");
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();

    ToolCall real = send("real", "order", "{\"order\": \"A77\"}");
    List<ToolResult> results = driver.drain(Topics.TOOL_RESULTS);
    assertThat(results).extracting(ToolResult::getOperationId).containsExactly(real.getId());
    assertThat(results.get(0).getServedBy()).isEqualTo(ServedBy.CACHE);
  }

  @Test
  void aWriteOfTheConversationEndsWhatWasMadeAheadForIt() {
    registerReads(true);
    teach();
    driver.done(afterTheUserIsKnown().get(0), Outcome.OK, "{\"price\":77}");
    driver.advance(Duration.ofMillis(10));
    answer("real", "refund", "{\"order\":\"B77\"}", "1");
    tasks();
    driver.advance(Duration.ofMillis(10));
    driver.drain(Topics.TOOL_RESULTS);

    send("real", "order", "{\"order\":\"A77\"}");
    List<Task> tasks = tasks();
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
    assertThat(tasks).extracting(Task::getTarget).containsExactly("tool:order");
    driver.done(tasks.get(0), Outcome.OK, "{\"price\":0}");
    assertThat(driver.drain(Topics.TOOL_RESULTS))
        .extracting(ToolResult::getOutput)
        .containsExactly("{\"price\":0}");
  }

  @Test
  void aWriteThatAnotherInstanceSawEndsItToo() {
    registerReads(true);
    teach();
    driver.done(afterTheUserIsKnown().get(0), Outcome.OK, "{\"price\":77}");
    driver.drain(Topics.TOOL_WRITES);
    driver.advance(Duration.ofMillis(10));
    driver
        .in(Topics.TOOL_WRITES)
        .pipeInput(
            "default/real",
            CacheInvalidation.newBuilder()
                .setScope(InvalidationScope.CONVERSATION)
                .setName("real")
                .build());

    send("real", "order", "{\"order\":\"A77\"}");
    assertThat(tasks()).extracting(Task::getTarget).containsExactly("tool:order");
  }

  @Test
  void otherInstancesAreToldOfWritesAndOfNothingElse() {
    registerReads(true);
    answer("real", "user", user(1), "{}");
    answer("", "refund", "{}", "1");
    assertThat(driver.drain(Topics.TOOL_WRITES)).isEmpty();

    answer("real", "refund", "{}", "1");
    assertThat(driver.drain(Topics.TOOL_WRITES))
        .allSatisfy(
            write -> {
              assertThat(write.getScope()).isEqualTo(InvalidationScope.CONVERSATION);
              assertThat(write.getName()).isEqualTo("real");
              assertThat(write.getTenant()).isEqualTo("default");
            })
        .hasSize(2);
  }

  @Test
  void aCallMadeAheadSaysWhy() {
    registerReads(true);
    teach();
    afterTheUserIsKnown();
    List<Audit> audit = driver.drain(Topics.AUDIT);
    assertThat(audit).hasSize(1);
    assertThat(audit.get(0).getAction()).isEqualTo("CALL_AHEAD");
    assertThat(audit.get(0).getTarget()).isEqualTo("tool:order");
    assertThat(audit.get(0).getCorrelationId()).isEqualTo("real");
    assertThat(audit.get(0).getReason())
        .contains("tool:order follows tool:user", "output.orders.* of tool:user");
  }

  @Test
  void aWriteIsNeverMadeAheadHoweverLikely() {
    registerReads(true);
    teach();
    driver.done(afterTheUserIsKnown().get(0), Outcome.OK, "{\"price\":77}");
    answer("real", "order", "{\"order\":\"A77\"}", "{\"price\":77}");
    assertThat(tasks()).isEmpty();
    assertThat(driver.drain(Topics.AUDIT))
        .extracting(Audit::getTarget)
        .doesNotContain("tool:refund");
  }

  @Test
  void whatIsNotDeclaredIsNotMadeAheadAndOnlyASampleOfConversationsIsFollowed() {
    registerReads(false);
    teach();
    assertThat(afterTheUserIsKnown()).isEmpty();
    assertThat(driver.drain(Topics.TOOL_STEPS).size()).isLessThan(LESSONS * 3);
    assertThat(driver.drain(Topics.AUDIT)).isEmpty();
  }

  @Test
  void aSpeculativeCallOfATargetThatMayWriteIsRefusedAndNobodyAnswered() {
    registerReads(true);
    ToolCall forged = driver.call("refund", "{\"order\":\"A1\"}");
    forged.setSpeculative(true);
    driver.send(forged);
    assertThat(tasks()).isEmpty();
    assertThat(driver.drain(Topics.TOOL_RESULTS)).isEmpty();
    assertThat(driver.drain(Topics.REJECTIONS))
        .extracting(Rejection::getReason)
        .containsExactly("SPECULATION_NOT_DECLARED");
  }

  @Test
  void wordsThatAreWrittenToTheStepsLeadToCallsToo() {
    registerReads(true);
    for (int i = 0; i < LESSONS; i++) {
      say("lesson-" + i, "Hello, my id is user_%d.".formatted(i));
      answer("lesson-" + i, "user", user(i), "{\"orders\":[]}");
    }
    tasks();
    say("real", "I am user_77, hello");
    assertThat(tasks()).extracting(Task::getArguments).containsExactly("{\"id\":\"user_77\"}");
  }

  private void say(String conversation, String words) {
    driver
        .in(Topics.TOOL_STEPS)
        .pipeInput(
            "default/" + conversation,
            ToolStep.newBuilder()
                .setId(driver.id())
                .setCorrelationId(conversation)
                .setOutput(words)
                .build());
  }

  @Test
  void stepsThatCannotBeReadAreRejectedAndStopNothing() {
    registerReads(true);
    driver
        .in(Topics.TOOL_STEPS)
        .pipeInput(
            "k",
            ToolStep.newBuilder()
                .setId(driver.id())
                .setTarget("user")
                .setArguments("no json")
                .build());
    driver.bytesIn(Topics.TOOL_STEPS).pipeInput("k", new byte[] {1, 2, 3});
    assertThat(driver.drain(Topics.REJECTIONS)).hasSize(2);
    teach();
    assertThat(afterTheUserIsKnown()).hasSize(1);
  }

  @Test
  void whatIsNeverUsedIsGivenUp() {
    registerReads(true);
    teach();
    int ahead = 0;
    for (int i = 100; i < 160; i++) {
      String conversation = "fickle-" + i;
      send(conversation, "user", user(i));
      for (Task task : tasks()) {
        driver.done(task, Outcome.OK, "{\"orders\":[\"A%d\"]}".formatted(i));
      }
      ahead += tasks().size();
      answer(conversation, "refund", "{\"order\":\"A%d\"}".formatted(i), "1");
    }
    assertThat(ahead).isBetween(1, 12);
  }
}
