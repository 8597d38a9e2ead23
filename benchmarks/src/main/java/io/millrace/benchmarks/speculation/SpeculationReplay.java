package io.millrace.benchmarks.speculation;

import io.millrace.platform.cli.CommandException;
import io.millrace.topologies.speculation.logic.Declared;
import io.millrace.topologies.speculation.logic.Proposal;
import io.millrace.topologies.speculation.logic.SpeculationPolicy;
import io.millrace.topologies.speculation.logic.Speculator;
import io.millrace.topologies.speculation.logic.Step;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Replays conversations through the production {@link Speculator} in virtual time.
 *
 * <p>For each task a new one learns from the conversations of all other tasks and then, without
 * learning on, follows those of the task. A turn of the model takes 1 s and a read 0.3 s, each give
 * or take 30 % by seed; a person answers at once, which is the hardest case. A call made ahead
 * starts when the step that led to it is known. The real call waits for what is left of it; any
 * other read waits its full time, with and without speculation. An answer is used once, and not
 * after a write.
 */
public final class SpeculationReplay {
  private static final String TENANT = "replay";
  private static final double MODEL_MILLIS = 1_000;
  private static final double READ_MILLIS = 300;
  private static final double SPREAD = 0.3;

  private final Settings settings;
  private final Consumer<String> progress;
  private final Map<String, ToolResult> tools = new TreeMap<>();
  private double readWait;
  private double hidden;
  private int reads;
  private int ahead;
  private int used;
  private int writesAhead;

  /**
   * What is replayed.
   *
   * @param trajectories file of recorded conversations
   * @param readOnly which tools are declared read-only
   * @param seed of the times
   */
  public record Settings(
      Path trajectories, Predicate<String> readOnly, long seed, SpeculationPolicy policy) {}

  /**
   * What came of it.
   *
   * @param readWaitHiddenPct wait for reads that was removed, of the wait without speculation
   * @param wastedPct calls made ahead and never used, of all made ahead
   * @param speculativeWrites calls made ahead of tools that are not declared read-only
   * @param baseline what it is compared with
   */
  public record Result(
      double readWaitHiddenPct,
      double wastedPct,
      int speculativeWrites,
      int trajectories,
      int tasks,
      int reads,
      int speculativeCalls,
      int usedCalls,
      double readWaitS,
      double hiddenS,
      String baseline,
      Map<String, ToolResult> tools) {}

  /** What came of it for one tool. */
  public static final class ToolResult {
    private int reads;
    private int ahead;
    private int used;

    /** Times it was called. */
    public int getReads() {
      return reads;
    }

    /** Times it was called ahead. */
    public int getAhead() {
      return ahead;
    }

    /** Calls ahead that were used. */
    public int getUsed() {
      return used;
    }
  }

  /**
   * @param progress gets a line at each step
   */
  public SpeculationReplay(Settings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /** Runs it. */
  public Result run() {
    return run(Trajectory.read(settings.trajectories));
  }

  Result run(List<Trajectory> all) {
    Set<String> tasks = new LinkedHashSet<>();
    all.forEach(trajectory -> tasks.add(trajectory.taskId()));
    SplittableRandom random = new SplittableRandom(settings.seed);
    int done = 0;
    for (String task : tasks) {
      Declarations declared = new Declarations(settings.readOnly);
      Speculator speculator = new Speculator(settings.policy, declared);
      long now = 0;
      for (Trajectory other : all) {
        if (!other.taskId().equals(task)) {
          now = learn(speculator, other, now);
        }
      }
      speculator.stopLearning();
      declared.on = true;
      for (Trajectory trajectory : all) {
        if (trajectory.taskId().equals(task)) {
          now = new Follower(speculator, random, now).follow(trajectory);
        }
      }
      progress.accept("%d of %d tasks".formatted(++done, tasks.size()));
    }
    if (reads == 0) {
      throw CommandException.usage(
          "--trajectories: %s calls no tool that --read-only names"
              .formatted(settings.trajectories));
    }
    return new Result(
        100 * hidden / readWait,
        ahead == 0 ? 0 : 100.0 * (ahead - used) / ahead,
        writesAhead,
        all.size(),
        tasks.size(),
        reads,
        ahead,
        used,
        readWait / 1_000,
        hidden / 1_000,
        "the same conversations, where every read is waited for",
        tools);
  }

  private static long learn(Speculator speculator, Trajectory trajectory, long start) {
    long now = start;
    for (Trajectory.Event event : trajectory.events()) {
      now += (long) MODEL_MILLIS;
      speculator.step(TENANT, "c", event.step(), now);
    }
    speculator.end(TENANT, "c");
    return now;
  }

  /** One conversation with speculation. */
  private final class Follower {
    private final Speculator speculator;
    private final SplittableRandom random;
    private final Map<String, Double> readyAt = new HashMap<>();
    private double now;

    Follower(Speculator speculator, SplittableRandom random, double now) {
      this.speculator = speculator;
      this.random = random;
      this.now = now;
    }

    long follow(Trajectory trajectory) {
      for (Trajectory.Event event : trajectory.events()) {
        for (int i = 0; i < event.modelTurns(); i++) {
          now += drawn(MODEL_MILLIS);
        }
        Step step = event.step();
        if (!step.target().equals(Step.SAID)) {
          call(step);
        }
        for (Proposal proposal : speculator.step(TENANT, "c", step, (long) now)) {
          propose(proposal);
        }
      }
      speculator.end(TENANT, "c");
      return (long) now;
    }

    private void call(Step step) {
      double takes = drawn(READ_MILLIS);
      if (!settings.readOnly.test(step.target())) {
        readyAt.clear();
        now += takes;
        return;
      }
      ToolResult tool = tool(step.target());
      tool.reads++;
      reads++;
      readWait += takes;
      Double ready = readyAt.remove(step.call());
      if (ready == null) {
        now += takes;
      } else {
        double wait = Math.min(takes, Math.max(0, ready - now));
        hidden += takes - wait;
        now += wait;
        used++;
        tool.used++;
      }
    }

    private void propose(Proposal proposal) {
      if (!settings.readOnly.test(proposal.target())) {
        writesAhead++;
      }
      ahead++;
      tool(proposal.target()).ahead++;
      readyAt.put(
          Step.called(proposal.target(), proposal.arguments(), null).call(),
          now + drawn(READ_MILLIS));
    }

    private double drawn(double mean) {
      return mean * (1 - SPREAD + 2 * SPREAD * random.nextDouble());
    }
  }

  private ToolResult tool(String name) {
    return tools.computeIfAbsent(name, n -> new ToolResult());
  }

  private static final class Declarations implements Declared {
    private final Predicate<String> readOnly;
    private boolean on;

    Declarations(Predicate<String> readOnly) {
      this.readOnly = readOnly;
    }

    @Override
    public boolean readOnly(String target) {
      return readOnly.test(target);
    }

    @Override
    public boolean speculative(String target) {
      return on && readOnly.test(target);
    }

    @Override
    public long freshMillis(String target) {
      return Duration.ofMinutes(10).toMillis();
    }
  }

  /** For people. */
  public static String text(Result result) {
    return String.format(
        Locale.ROOT,
        "%.1f %% of the wait for %d reads hidden (%.1f of %.1f s); %d calls made ahead, %.1f %% of"
            + " them never used; %d writes made ahead",
        result.readWaitHiddenPct,
        result.reads,
        result.hiddenS,
        result.readWaitS,
        result.speculativeCalls,
        result.wastedPct,
        result.speculativeWrites);
  }
}
