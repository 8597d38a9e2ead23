package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.InferenceRun;
import io.millrace.events.ModelSpec;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.schemas.identity.ChunksDigest;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Random histories of one streamed answer: runs that die, go on after they were given up, lose and
 * repeat chunks, and crashes of dispatch; what the caller has of it must always be one answer.
 */
class StreamModelTest {
  private final List<Attempt> log = new ArrayList<>();
  private final Map<String, Run> runs = new HashMap<>();
  private final List<Integer> sent = new ArrayList<>();
  private DispatchRig rig = new DispatchRig();
  private Random random = new Random();
  private Request request = new Request();
  private int length;
  private int taken;

  /** One worker's run of the model. */
  private static final class Run {
    final Task task;
    final int salt;
    int next;
    String digest = "";

    Run(Task task, int salt) {
      this.task = task;
      this.salt = salt;
    }
  }

  @Property(tries = 400)
  void theCallerHasOneAnswerOfARunThatGivesTheSameAgain(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int chunks) {
    history(seed, chunks, true, true);
    check(true);
  }

  @Property(tries = 400)
  void whatIsMadeOtherwiseTheNextTimeIsNeverMixed(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int chunks) {
    history(seed, chunks, false, true);
    check(false);
  }

  @Property(tries = 200)
  void withoutTroubleEveryChunkIsPassedOnOnce(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int chunks) {
    history(seed, chunks, true, false);
    assertThat(sent).hasSize(chunks - 1);
    assertThat(last().getOutcome()).isEqualTo(Outcome.OK);
    assertThat(last().getInference().getChunk()).isEqualTo(chunks - 1);
    assertThat(last().getInference().getLast()).isTrue();
  }

  private void history(long seed, int chunks, boolean same, boolean trouble) {
    random = new Random(seed);
    rig = new DispatchRig();
    log.clear();
    runs.clear();
    sent.clear();
    length = chunks;
    taken = 0;
    rig.register(
        DispatchRig.spec("s")
            .setIdempotent(true)
            .setBuiltin(null)
            .setAttemptsMax(4)
            .setCacheTtlMs(60_000L)
            .setModel(ModelSpec.newBuilder().setStreamed(true).build()));
    request = rig.call("s", "{}", 30_000);
    for (int step = 0; step < 200 && rig.answersTo(request).isEmpty(); step++) {
      rig.tasks.forEach(
          task ->
              runs.computeIfAbsent(
                  task.getId(), id -> new Run(task, same ? 0 : random.nextInt(1_000))));
      Run run = new ArrayList<>(runs.values()).get(random.nextInt(runs.size()));
      switch (trouble ? random.nextInt(20) : 0) {
        case 1 -> rig.advance(4_000);
        case 2 -> lose(run);
        case 3 -> repeat();
        case 4 -> fail(run);
        case 5 -> crash();
        default -> goOn(run);
      }
    }
    rig.advance(40_000);
  }

  private void goOn(Run run) {
    if (run.next >= length) {
      return;
    }
    boolean last = run.next == length - 1;
    List<Tensor> outputs = outputs(run);
    run.digest = ChunksDigest.next(run.digest, outputs);
    say(
        DispatchRig.attempt(run.task, last ? AttemptPhase.DONE : AttemptPhase.RUNNING)
            .setOutcome(last ? Outcome.OK : Outcome.UNKNOWN)
            .setInference(
                InferenceRun.newBuilder()
                    .setOutputs(outputs)
                    .setChunk(run.next)
                    .setLast(last)
                    .setChunksDigest(run.digest)
                    .build()));
    run.next++;
  }

  /** It is made, but never comes. */
  private void lose(Run run) {
    if (run.next < length) {
      run.digest = ChunksDigest.next(run.digest, outputs(run));
      run.next++;
    }
  }

  private static List<Tensor> outputs(Run run) {
    byte[] data = {(byte) run.next, (byte) run.salt, (byte) (run.salt >> 8)};
    return List.of(new Tensor("y", TensorDatatype.UINT8, List.of(3L), ByteBuffer.wrap(data)));
  }

  private void say(Attempt.Builder attempt) {
    Attempt said = attempt.build();
    log.add(said);
    take(said);
  }

  private void take(Attempt said) {
    rig.dispatcher.attempt(Attempt.newBuilder(said).build(), rig.now);
    List<Answer> passed = rig.chunks.getOrDefault(request.getOperationId(), List.of());
    while (taken < passed.size()) {
      sent.add(passed.get(taken++).getInference().getChunk());
    }
  }

  private void repeat() {
    if (!log.isEmpty()) {
      take(log.get(random.nextInt(log.size())));
    }
  }

  private void fail(Run run) {
    say(
        DispatchRig.attempt(run.task, AttemptPhase.DONE)
            .setOutcome(Outcome.TOOL_ERROR)
            .setRetryable(random.nextBoolean()));
    run.next = length;
  }

  private void crash() {
    rig.restart();
    int from = log.size() - Math.min(log.size(), random.nextInt(5));
    List.copyOf(log.subList(from, log.size())).forEach(this::take);
  }

  private Answer last() {
    List<Answer> answers = rig.answersTo(request).stream().distinct().toList();
    assertThat(answers).hasSize(1);
    return answers.get(0);
  }

  private void check(boolean same) {
    Map<Integer, ByteBuffer> had = new TreeMap<>();
    for (Answer chunk : rig.chunks.getOrDefault(request.getOperationId(), List.of())) {
      InferenceRun run = chunk.getInference();
      assertThat(run.getLast()).isFalse();
      // In order: a chunk is new only after all before it.
      assertThat(run.getChunk()).isLessThanOrEqualTo(had.size());
      ByteBuffer data = run.getOutputs().get(0).getData();
      ByteBuffer before = had.putIfAbsent(run.getChunk(), data);
      assertThat(before == null || before.equals(data)).isTrue();
    }
    Answer end = last();
    assertThat(end.getInference() == null ? 0 : end.getInference().getChunk())
        .isEqualTo(had.size());
    if (end.getOutcome() == Outcome.OK) {
      assertThat(had.size() + 1).isEqualTo(length);
      // One history: each salt is that of the first.
      List<ByteBuffer> all = new ArrayList<>(had.values());
      all.add(end.getInference().getOutputs().get(0).getData());
      assertThat(all.stream().map(data -> data.getShort(1)).distinct()).hasSize(1);
    } else if (same) {
      assertThat(end.getFailure().getCode()).isNotEqualTo("STREAM_DIVERGED");
    }
  }
}
