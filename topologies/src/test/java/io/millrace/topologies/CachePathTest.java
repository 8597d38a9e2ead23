package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AttemptPhase;
import io.millrace.events.CacheInvalidation;
import io.millrace.events.Failure;
import io.millrace.events.InvalidationScope;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.Task;
import io.millrace.events.ToolCached;
import io.millrace.events.ToolResult;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Holds that caches tell each other through the log what they hold and what is no longer true. */
class CachePathTest {
  private OperationsDriver driver;

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
    driver.register(
        OperationsDriver.tool("echo")
            .setIdempotent(true)
            .setCacheTtlMs(60_000L)
            .setNegativeTtlMs(1_000L)
            .build());
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void anInvalidationEndsWhatWasStoredBeforeIt() {
    TestRecord<String, ToolCached> cached = cached();
    driver.advance(Duration.ofMillis(10));
    driver
        .in(Topics.CACHE_INVALIDATIONS)
        .pipeInput(
            "PREFIX tool:ec",
            CacheInvalidation.newBuilder()
                .setScope(InvalidationScope.PREFIX)
                .setName("tool:ec")
                .build());

    Task again = missed();

    TestRecord<String, ToolCached> untrue = driver.out(Topics.TOOL_CACHED).readRecord();
    assertThat(untrue.key()).isEqualTo(cached.key());
    assertThat(untrue.value()).isNull();
    driver.advance(Duration.ofMillis(10));
    driver.done(again, Outcome.OK, "43");
    driver.drain(Topics.TOOL_RESULTS);
    assertThat(hit().getOutput()).isEqualTo("43");
  }

  @Test
  void anOutputThatWasBeingMadeWhenItsInvalidationCameIsNotStored() {
    Task underWay = missed();
    driver.advance(Duration.ofMillis(10));
    driver
        .in(Topics.CACHE_INVALIDATIONS)
        .pipeInput(
            "VERSION tool:echo",
            CacheInvalidation.newBuilder()
                .setScope(InvalidationScope.VERSION)
                .setName("tool:echo")
                .build());
    driver.advance(Duration.ofMillis(10));
    driver.done(underWay, Outcome.OK, "42");

    assertThat(driver.drain(Topics.TOOL_RESULTS))
        .extracting(ToolResult::getOutput)
        .containsExactly("42");
    assertThat(driver.out(Topics.TOOL_CACHED).isEmpty()).isTrue();
    missed();
  }

  @Test
  void whatAnotherRegionCachedIsServedHereUntilItSaysThatItIsNotTrue() throws IOException {
    TestRecord<String, ToolCached> cached = cached();
    driver.close();
    start();

    takeUp(cached.key(), cached.value());
    assertThat(hit().getOutput()).isEqualTo("42");
    assertThat(driver.out(Topics.TOOL_CACHED).isEmpty()).as("it is not shared again").isTrue();

    driver.advance(Duration.ofMillis(10));
    takeUp(cached.key(), null);
    missed();
  }

  @Test
  void aFailureOfTheToolIsServedAgainForItsOwnTime() {
    driver.send(driver.call("echo", "{}"));
    Task task = driver.drain(driver.tasks()).get(0);
    driver.say(
        driver
            .attempt(task, AttemptPhase.DONE)
            .setOutcome(Outcome.TOOL_ERROR)
            .setRetryable(false)
            .setFailure(new Failure("NO_SUCH_CITY", "there is no such city"))
            .build());
    driver.drain(Topics.TOOL_RESULTS);
    driver.send(driver.call("echo", "{}"));
    List<ToolResult> results = driver.drain(Topics.TOOL_RESULTS);

    assertThat(results).extracting(ToolResult::getServedBy).containsExactly(ServedBy.CACHE);
    assertThat(results.get(0).getFailure().getCode()).isEqualTo("NO_SUCH_CITY");
    driver.advance(Duration.ofMillis(1_001));
    missed();
  }

  private TestRecord<String, ToolCached> cached() {
    driver.done(missed(), Outcome.OK, "42");
    driver.drain(Topics.TOOL_RESULTS);
    return driver.out(Topics.TOOL_CACHED).readRecord();
  }

  private void takeUp(String key, @Nullable ToolCached value) {
    driver.in(Topics.TOOL_CACHED).pipeInput(key, value);
  }

  private Task missed() {
    driver.send(driver.call("echo", "{}"));
    List<Task> tasks = driver.drain(driver.tasks());
    assertThat(tasks).hasSize(1);
    return tasks.get(0);
  }

  private ToolResult hit() {
    driver.send(driver.call("echo", "{}"));
    List<ToolResult> results = driver.drain(Topics.TOOL_RESULTS);
    assertThat(results).extracting(ToolResult::getServedBy).containsExactly(ServedBy.CACHE);
    return results.get(0);
  }
}
