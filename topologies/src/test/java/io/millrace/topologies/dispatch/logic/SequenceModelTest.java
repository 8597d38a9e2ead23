package io.millrace.topologies.dispatch.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.Control;
import io.millrace.events.ControlType;
import io.millrace.events.Coordinates;
import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.Outcome;
import io.millrace.events.Task;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.state.Answer;
import io.millrace.state.Request;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Random histories of sequences whose model adds up what it is given: workers that die or fail,
 * cancels, and crashes of dispatch; every sum must be that of the requests that were answered.
 */
class SequenceModelTest {
  private static final long IDLE = 60_000;

  private final Map<String, List<Request>> bySequence = new LinkedHashMap<>();
  private final Map<String, Long> sums = new HashMap<>();
  private final Set<String> handled = new HashSet<>();
  private final List<Attempt> log = new ArrayList<>();
  private DispatchRig rig = new DispatchRig();
  private Random random = new Random();
  private int places;

  @Property(tries = 300)
  void everySumIsThatOfTheAnsweredRequestsInTheirOrder(@ForAll long seed) {
    history(seed, true);
    check();
  }

  @Property(tries = 200)
  void withoutTroubleAllAreAnsweredInTheirOrder(@ForAll long seed) {
    history(seed, false);
    check();
    bySequence
        .values()
        .forEach(
            requests ->
                requests.forEach(
                    request ->
                        assertThat(rig.answerTo(request).getOutcome()).isEqualTo(Outcome.OK)));
  }

  private void history(long seed, boolean trouble) {
    random = new Random(seed);
    rig = new DispatchRig();
    bySequence.clear();
    sums.clear();
    handled.clear();
    log.clear();
    places = 0;
    rig.register(
        DispatchRig.spec("sum")
            .setBuiltin(null)
            .setModel(ModelSpec.newBuilder().setSequenced(true).setSequenceIdleMs(IDLE).build()));
    for (int step = 0; step < 120; step++) {
      switch (random.nextInt(trouble ? 14 : 8)) {
        case 0, 1, 2 -> ask();
        case 3, 4, 5, 6 -> work(true);
        case 7 -> rig.advance(20);
        case 8 -> work(false);
        case 9 -> skip();
        case 10 -> rig.advance(4_000);
        case 11 -> cancel();
        case 12 -> crash();
        default -> repeat();
      }
    }
    for (int i = 0; i < 400; i++) {
      work(true);
      rig.advance(10);
    }
    rig.advance(30_000);
  }

  private void ask() {
    String sequence = "s" + random.nextInt(3);
    List<Request> before = bySequence.computeIfAbsent(sequence, s -> new ArrayList<>());
    Request request = rig.request("sum", "{}", 25_000);
    request.setContent(random.nextLong());
    InferenceWork work =
        InferenceWork.newBuilder()
            .setSequenceId(sequence)
            .setSequenceStart(before.isEmpty())
            .setPriority(1 + random.nextInt(9))
            .build();
    request.setInference(work);
    before.add(request);
    rig.call(request);
  }

  private void repeat() {
    List<Request> all = bySequence.values().stream().flatMap(List::stream).toList();
    if (!all.isEmpty()) {
      rig.call(all.get(random.nextInt(all.size())));
    }
  }

  private void cancel() {
    List<Request> all = bySequence.values().stream().flatMap(List::stream).toList();
    if (!all.isEmpty()) {
      rig.dispatcher.cancel(all.get(random.nextInt(all.size())).getOperationId(), "", rig.now);
    }
  }

  /** A worker takes the first task that none has taken. */
  private void work(boolean well) {
    Task task =
        rig.tasks.stream().filter(t -> !handled.contains(t.getId())).findFirst().orElse(null);
    if (task == null) {
      return;
    }
    handled.add(task.getId());
    String claim = "c" + handled.size();
    say(DispatchRig.attempt(task, AttemptPhase.CLAIM).setClaimId(claim));
    if (!granted(claim)) {
      return;
    }
    say(DispatchRig.attempt(task, AttemptPhase.RUNNING).setClaimId(claim));
    InferenceWork work = task.getInference();
    String from = work.getStateTaskId();
    long sum = (from.isEmpty() ? 0 : sums.get(from)) + work.getPriority();
    sums.put(task.getId(), sum);
    Tensor state =
        new Tensor("state", TensorDatatype.UINT8, List.of(1L), ByteBuffer.wrap(new byte[1]));
    Attempt.Builder done =
        DispatchRig.attempt(task, AttemptPhase.DONE)
            .setClaimId(claim)
            .setPool("default.sequences")
            .setOutcome(well ? Outcome.OK : Outcome.TOOL_ERROR);
    if (well) {
      InferenceRun run = InferenceRun.newBuilder().setStates(List.of(state)).build();
      run.setOutputsCoordinates(new Coordinates("inference.attempts", 0, (long) places++));
      done.setInference(run).setOutput(Long.toString(sum));
    }
    say(done);
  }

  private boolean granted(String claim) {
    return rig.controls.stream()
        .filter(control -> control.getClaimId().equals(claim))
        .map(Control::getType)
        .anyMatch(type -> type == ControlType.GRANT);
  }

  /** A worker takes a task and dies with it. */
  private void skip() {
    rig.tasks.stream()
        .filter(task -> !handled.contains(task.getId()))
        .findFirst()
        .ifPresent(
            task -> {
              if (random.nextBoolean()) {
                handled.add(task.getId());
                say(
                    DispatchRig.attempt(task, AttemptPhase.CLAIM)
                        .setClaimId("dead" + task.getId()));
                say(
                    DispatchRig.attempt(task, AttemptPhase.RUNNING)
                        .setClaimId("dead" + task.getId()));
              }
            });
  }

  private void say(Attempt.Builder attempt) {
    Attempt said = attempt.build();
    log.add(said);
    rig.dispatcher.attempt(Attempt.newBuilder(said).build(), rig.now);
  }

  private void crash() {
    rig.restart();
    int from = log.size() - Math.min(log.size(), random.nextInt(4));
    for (Attempt said : List.copyOf(log.subList(from, log.size()))) {
      rig.dispatcher.attempt(Attempt.newBuilder(said).build(), rig.now);
    }
  }

  private void check() {
    bySequence.forEach(
        (sequence, requests) -> {
          long sum = 0;
          for (Request request : requests) {
            List<Answer> answers = rig.answersTo(request).stream().distinct().toList();
            assertThat(answers).as(sequence).hasSize(1);
            Answer answer = answers.get(0);
            if (answer.getOutcome() == Outcome.OK) {
              sum += request.getInference().getPriority();
              assertThat(answer.getOutput()).as(sequence).isEqualTo(Long.toString(sum));
              assertThat(answer.getInference().getStates()).isEmpty();
            }
          }
        });
  }
}
