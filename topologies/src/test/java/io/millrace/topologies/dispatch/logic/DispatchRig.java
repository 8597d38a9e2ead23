package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Alert;
import io.millrace.events.Attempt;
import io.millrace.events.AttemptPhase;
import io.millrace.events.CircuitState;
import io.millrace.events.Control;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Request;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A dispatcher in virtual time with everything it says written down. */
final class DispatchRig implements Outbox {
  static final long START = 1_767_225_600_000L;

  static {
    AvroSafety.establish();
  }

  final MemoryJournal journal = new MemoryJournal();
  final TargetTable targets = new TargetTable();
  final List<Task> tasks = new ArrayList<>();
  final List<String> pools = new ArrayList<>();

  /** What the workers, and dispatch to itself, have written and dispatch has not read yet. */
  final Deque<Attempt> unread = new ArrayDeque<>();

  /** Claims that dispatch has given back. */
  final Set<String> released = new HashSet<>();

  /** Whether attempts are read as soon as they are written. */
  boolean readsAtOnce = true;

  final Map<String, @Nullable CachedOutput> shared = new LinkedHashMap<>();
  final List<String> writes = new ArrayList<>();
  final Invalidations invalidations = new Invalidations();
  final List<Alert> alerts = new ArrayList<>();
  final List<Control> controls = new ArrayList<>();
  final Map<String, List<Answer>> answers = new LinkedHashMap<>();
  final Map<String, List<Answer>> chunks = new LinkedHashMap<>();
  final List<Request> routed = new ArrayList<>();
  final List<HealthSummary> summaries = new ArrayList<>();
  final HealthFold health = new HealthFold("test", () -> this.now, summaries::add);
  private final Random ids = new Random(3);
  private final DispatchPolicy policy;
  long now = START;
  Dispatcher dispatcher;

  DispatchRig() {
    this(DispatchPolicy.defaults());
  }

  @SuppressWarnings("NullAway.Init") // restart sets it
  DispatchRig(DispatchPolicy policy) {
    this.policy = policy;
    targets.put("pool:default", spec("pool").setTarget("pool:default").build());
    restart();
  }

  /** As after a crash: nothing is left but the journal. */
  void restart() {
    dispatcher =
        new Dispatcher(
            0,
            OperationKind.TOOL,
            policy,
            targets,
            journal,
            this,
            health,
            invalidations,
            new SplittableRandom(5),
            now);
  }

  static TargetSpec.Builder spec(String name) {
    return TargetSpec.newBuilder()
        .setTarget("tool:" + name)
        .setKind(TargetKind.TOOL)
        .setName(name)
        .setBuiltin("echo");
  }

  void register(TargetSpec.Builder spec) {
    TargetSpec built = spec.build();
    targets.put(built.getTarget(), built);
  }

  void circuit(String tool, CircuitState state, long epoch) {
    targets.putHealth(
        "tool:" + tool,
        HealthStatus.newBuilder()
            .setTarget("tool:" + tool)
            .setCircuit(state)
            .setProbeEpoch(epoch)
            .build());
  }

  String id() {
    return Ids.v7(now, ids);
  }

  Request request(String tool, String arguments, long deadlineIn) {
    Request request = new Request();
    request.setOperationId(id());
    request.setTenant("default");
    request.setCorrelationId("");
    request.setTarget("tool:" + tool);
    request.setArguments(arguments);
    request.setContent((tool + arguments.strip()).hashCode());
    request.setArrivedAt(now);
    request.setDeadlineAt(now + deadlineIn);
    request.setParentCall("");
    return request;
  }

  String fingerprint(Request request) {
    Target target = targets.target(request.getTarget());
    String sequence = Sequences.id(request);
    if (sequence != null) {
      return Fingerprint.ofSequence(request.getTenant(), request.getTarget(), sequence);
    }
    return target != null && target.cacheable()
        ? Fingerprint.ofWork(
            request.getTenant(), target.name(), target.spec().getVersion(), request.getArguments())
        : Fingerprint.ofOperation(request.getOperationId());
  }

  void call(Request request) {
    Target target = targets.target(request.getTarget());
    Request copy = Request.newBuilder(request).build();
    if (target == null) {
      dispatcher.hold(copy, now);
    } else {
      dispatcher.call(copy, fingerprint(request), target, null, now);
    }
  }

  Request call(String tool, String arguments, long deadlineIn) {
    Request request = request(tool, arguments, deadlineIn);
    call(request);
    return request;
  }

  Task lastTask() {
    return tasks.get(tasks.size() - 1);
  }

  static Attempt.Builder attempt(Task task, AttemptPhase phase) {
    return Attempt.newBuilder()
        .setId("attempt")
        .setPhase(phase)
        .setOperationId(task.getOperationId())
        .setTaskId(task.getId())
        .setFingerprint(task.getFingerprint())
        .setAttempt(task.getAttempt())
        .setSequence(task.getSequence())
        .setTarget(task.getTarget())
        .setTargetVersion(task.getTargetVersion())
        .setPool("default")
        .setWorkerId("w1");
  }

  void claim(Task task, String claimId) {
    say(attempt(task, AttemptPhase.CLAIM).setClaimId(claimId));
  }

  void beat(Task task) {
    say(attempt(task, AttemptPhase.RUNNING));
  }

  /** The first beat under a claim. */
  void begin(Task task, String claimId) {
    say(attempt(task, AttemptPhase.RUNNING).setClaimId(claimId));
  }

  void done(Task task, Outcome outcome, @Nullable String output) {
    say(attempt(task, AttemptPhase.DONE).setOutcome(outcome).setOutput(output));
  }

  void say(Attempt.Builder attempt) {
    unread.add(attempt.build());
    if (readsAtOnce) {
      read();
    }
  }

  private void read() {
    while (!unread.isEmpty()) {
      dispatcher.attempt(unread.remove(), now);
    }
  }

  void advance(long millis) {
    long until = now + millis;
    while (now < until) {
      now = Math.min(until, now + 10);
      dispatcher.tick(now);
      if (readsAtOnce) {
        read();
      }
    }
  }

  List<Answer> answersTo(Request request) {
    return answers.getOrDefault(request.getOperationId(), List.of());
  }

  Answer answerTo(Request request) {
    List<Answer> given = answersTo(request);
    if (given.size() != 1) {
      throw new AssertionError("expected one answer, got " + given);
    }
    return given.get(0);
  }

  @Override
  public void task(String pool, Task task) {
    if (!targets.hasPool(pool)) {
      throw new AssertionError("sent to pool " + pool + ", which is not registered");
    }
    pools.add(pool);
    tasks.add(task);
  }

  @Override
  public void control(Control control) {
    controls.add(control);
  }

  @Override
  public void attempt(Attempt attempt) {
    unread.add(attempt);
    released.add(attempt.getClaimId());
  }

  @Override
  public void cached(String fingerprint, @Nullable CachedOutput packed) {
    shared.put(fingerprint, packed);
  }

  @Override
  public void wrote(String tenant, String conversation, long at) {
    writes.add(tenant + '/' + conversation + '@' + (at - START));
  }

  @Override
  public void alert(Alert alert) {
    alerts.add(alert);
  }

  @Override
  public void answer(Request request, Answer answer) {
    answers
        .computeIfAbsent(request.getOperationId(), o -> new ArrayList<>())
        .add(Answer.newBuilder(answer).build());
  }

  @Override
  public void chunk(Request request, Answer chunk) {
    chunks
        .computeIfAbsent(request.getOperationId(), o -> new ArrayList<>())
        .add(Answer.newBuilder(chunk).build());
  }

  @Override
  public void route(Request request, String fingerprint) {
    routed.add(request);
  }
}
