package io.millrace.platform.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.Failure;
import io.millrace.events.Outcome;
import io.millrace.events.PlannedCall;
import io.millrace.events.PlannedResult;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.events.ToolPlanResult;
import io.millrace.events.ToolResult;
import io.millrace.platform.demo.report.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A set of calls that need nothing of each other, made one after the other or as one plan. */
final class FanOut {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final DemoClient client;
  private final List<Member> members;
  private final Duration deadline;

  /**
   * One call.
   *
   * @param name within the plan and for people
   * @param arguments without the run's name, which is added so that a run finds the cache empty
   */
  record Member(String name, TargetSpec target, ObjectNode arguments) {}

  /**
   * How one call ended.
   *
   * @param runMillis how long the calls took as their caller is told, milliseconds
   */
  record Answer(JsonNode output, ServedBy servedBy, double runMillis) {}

  /**
   * All calls, made once.
   *
   * @param elapsed from the first request to the last answer, as the client saw it
   * @param cpu processor time of the whole platform meanwhile
   */
  record Run(Duration elapsed, Duration cpu, Map<String, Answer> answers) {

    /** The faster of two runs: what disturbs a run only ever makes it longer. */
    static Run faster(Run one, Run other) {
      return one.elapsed.compareTo(other.elapsed) <= 0 ? one : other;
    }

    /** How many answers came from the cache. */
    long fromCache() {
      return answers.values().stream().filter(a -> a.servedBy == ServedBy.CACHE).count();
    }

    /** Whether the other run had the same outputs. */
    boolean sameOutputs(Run other) {
      return answers.entrySet().stream()
          .allMatch(
              entry -> {
                Answer same = other.answers.get(entry.getKey());
                return same != null && same.output.equals(entry.getValue().output);
              });
    }

    /** The name and time of the call that took longest. */
    Map.Entry<String, Answer> slowest() {
      return answers.entrySet().stream()
          .max((a, b) -> Double.compare(a.getValue().runMillis, b.getValue().runMillis))
          .orElseThrow();
    }
  }

  /**
   * @param deadline of the plan, and of each call made alone
   */
  FanOut(DemoClient client, List<Member> members, Duration deadline) {
    this.client = client;
    this.members = List.copyOf(members);
    this.deadline = deadline;
  }

  /** How many calls there are. */
  int size() {
    return members.size();
  }

  /**
   * Makes one call after the other.
   *
   * @param run its name; a run of the same name finds the answers in the cache
   */
  Run sequential(String run, Progress progress) throws InterruptedException {
    Map<String, Answer> answers = new LinkedHashMap<>();
    Stopwatch watch = new Stopwatch();
    for (Member member : members) {
      progress.advance(answers.size(), members.size(), member.name);
      ToolResult result =
          DemoClient.await(
              client.call(member.target, arguments(member, run), deadline),
              deadline.plus(GRACE),
              "answer of " + member.name);
      answers.put(
          member.name,
          answer(
              member.name,
              result.getOutcome(),
              result.getFailure(),
              result.getOutput(),
              result.getServedBy(),
              result.getLatencyMs()));
    }
    return new Run(watch.elapsed(), watch.cpu(), answers);
  }

  /**
   * Makes all calls as one plan.
   *
   * @param run its name; a run of the same name finds the answers in the cache
   */
  Run parallel(String run) throws InterruptedException {
    List<PlannedCall> planned = new ArrayList<>();
    for (Member member : members) {
      planned.add(
          PlannedCall.newBuilder()
              .setName(member.name)
              .setTarget(member.target.getTarget())
              .setArguments(arguments(member, run).toString())
              .build());
    }
    Stopwatch watch = new Stopwatch();
    ToolPlanResult result =
        DemoClient.await(
            client.plan(planned, deadline), deadline.plus(GRACE), "answer to the plan");
    Duration elapsed = watch.elapsed();
    Duration cpu = watch.cpu();
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (PlannedResult one : result.getCalls()) {
      answers.put(
          one.getName(),
          answer(
              one.getName(),
              one.getOutcome(),
              one.getFailure(),
              one.getOutput(),
              one.getServedBy(),
              one.getLatencyMs()));
    }
    if (answers.size() != members.size()) {
      Failure failure = result.getFailure();
      throw new DemoException(
          "the plan ended " + result.getOutcome() + (failure == null ? "" : ": " + failure), null);
    }
    return new Run(elapsed, cpu, answers);
  }

  private static ObjectNode arguments(Member member, String run) {
    return member.arguments.deepCopy().put("run", run);
  }

  private static Answer answer(
      String name,
      Outcome outcome,
      @Nullable Failure failure,
      @Nullable String output,
      ServedBy servedBy,
      double millis) {
    if (outcome != Outcome.OK) {
      throw new DemoException(
          name + " ended " + outcome + (failure == null ? "" : ": " + failure.getMessage()), null);
    }
    try {
      JsonNode parsed =
          output == null ? JsonNodeFactory.instance.nullNode() : JSON.readTree(output);
      return new Answer(parsed, servedBy, millis);
    } catch (JsonProcessingException e) {
      throw new DemoException(name + " gave no JSON: " + e.getMessage(), e);
    }
  }
}
