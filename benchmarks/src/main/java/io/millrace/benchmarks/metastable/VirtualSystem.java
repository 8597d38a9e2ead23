package io.millrace.benchmarks.metastable;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Alert;
import io.millrace.events.Attempt;
import io.millrace.events.ConcurrencyLimit;
import io.millrace.events.Control;
import io.millrace.events.HealthStatus;
import io.millrace.events.HealthSummary;
import io.millrace.events.Hedge;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Task;
import io.millrace.events.Throttle;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.state.Answer;
import io.millrace.state.CachedOutput;
import io.millrace.state.Request;
import io.millrace.topologies.dispatch.logic.DispatchPolicy;
import io.millrace.topologies.dispatch.logic.Dispatcher;
import io.millrace.topologies.dispatch.logic.Invalidations;
import io.millrace.topologies.dispatch.logic.Outbox;
import io.millrace.topologies.health.logic.HealthFold;
import io.millrace.topologies.health.logic.HealthPolicy;
import io.millrace.topologies.health.logic.TargetHealth;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Callers, the production dispatcher and health, a worker and its backend, in virtual time.
 *
 * <p>Callers are an open loop: they call at their rate whatever happens, as independent users do.
 */
final class VirtualSystem implements Outbox {
  static {
    AvroSafety.establish();
  }

  private static final String TARGET = "tool:backend";
  private static final long START = 1_767_225_600_000L;
  private static final long TIMEOUT_MILLIS = 500;
  private static final long DEADLINE_MILLIS = 2_000;
  private static final int ATTEMPTS_MAX = 4;
  private static final int KEYS = 5_000;
  private static final double POPULARITY = 0.9;
  private static final long TICK_MILLIS = 10;
  private static final long FLUSH_MILLIS = 100;

  private final Shape shape;
  private final Switches switches;
  private final Random random;
  private final Agenda agenda = new Agenda();
  private final TargetTable targets = new TargetTable();
  private final TargetHealth targetHealth = new TargetHealth(TARGET, TargetKind.TOOL, null);
  private final HealthFold fold;
  private final Dispatcher dispatcher;
  private final VirtualWorker worker;
  private final double[] popularity = new double[KEYS];
  private final Target target;
  private final Tally tally = new Tally();

  VirtualSystem(Shape shape, Switches switches, long seed) {
    this.shape = shape;
    this.switches = switches;
    this.random = new Random(seed);
    targets.put(
        "pool:default",
        TargetSpec.newBuilder().setTarget("pool:default").setName("default").build());
    targets.put(TARGET, spec(shape, switches));
    Target registered = targets.target(TARGET);
    if (registered == null) {
      throw new IllegalStateException("the target was registered just now");
    }
    this.target = registered;
    this.fold = new HealthFold("drill", () -> START + agenda.now(), this::summary);
    this.dispatcher =
        new Dispatcher(
            0,
            OperationKind.TOOL,
            DispatchPolicy.defaults(),
            targets,
            new VirtualJournal(),
            this,
            fold,
            new Invalidations(),
            new Random(seed + 1),
            START);
    Backend backend = new Backend(shape, agenda, new Random(seed + 2));
    this.worker =
        new VirtualWorker(agenda, backend, switches.concurrencyLimit(), START, this::attempt);
    double sum = 0;
    for (int key = 0; key < KEYS; key++) {
      sum += Math.pow(key + 1, -POPULARITY);
      popularity[key] = sum;
    }
  }

  private static TargetSpec spec(Shape shape, Switches switches) {
    TargetSpec spec =
        TargetSpec.newBuilder()
            .setTarget(TARGET)
            .setKind(TargetKind.TOOL)
            .setName("backend")
            .setBuiltin("backend")
            .setIdempotent(true)
            .setTimeoutMs(TIMEOUT_MILLIS)
            .setDeadlineMs(DEADLINE_MILLIS)
            .setAttemptsMax(ATTEMPTS_MAX)
            .build();
    if (shape.cacheMillis() > 0) {
      spec.setCacheTtlMs(shape.cacheMillis());
    }
    if (!switches.retryBudget()) {
      spec.setRetryBudget(null);
    }
    if (switches.throttle()) {
      spec.setThrottle(Throttle.newBuilder().build());
    }
    if (switches.adaptiveTimeout()) {
      spec.setAdaptiveTimeout(AdaptiveTimeout.newBuilder().build());
    }
    if (switches.hedge()) {
      spec.setHedge(Hedge.newBuilder().build());
    }
    if (switches.concurrencyLimit()) {
      spec.setConcurrencyLimit(ConcurrencyLimit.newBuilder().build());
    }
    return spec;
  }

  /** Runs it from start to end. */
  Tally run() {
    agenda.after(0, this::arrive);
    agenda.after(TICK_MILLIS, this::tick);
    agenda.after(FLUSH_MILLIS, this::flush);
    agenda.runUntil(Shape.END);
    return tally;
  }

  private void arrive() {
    long now = agenda.now();
    tally.called(now);
    call(START + now);
    double gap = -Math.log(1 - random.nextDouble()) * 1_000 / shape.rate(now);
    // What is due within the same millisecond comes in the same one.
    agenda.after(Math.round(gap), this::arrive);
  }

  private void call(long at) {
    Request request = new Request();
    request.setOperationId(Ids.v7(at, random));
    request.setTenant("default");
    request.setCorrelationId("");
    request.setTarget(TARGET);
    request.setArguments("{\"key\":" + key() + "}");
    request.setContent(1L);
    request.setArrivedAt(at);
    request.setDeadlineAt(at + DEADLINE_MILLIS);
    request.setParentCall("");
    String fingerprint =
        target.cacheable()
            // Losing the cache is to find nothing under any key.
            ? Fingerprint.ofWork(
                agenda.now() < Shape.TRIGGER_TO ? "before" : "after",
                TARGET,
                "1",
                request.getArguments())
            : Fingerprint.ofOperation(request.getOperationId());
    dispatcher.call(request, fingerprint, target, null, at);
  }

  private int key() {
    double at = random.nextDouble() * popularity[KEYS - 1];
    int found = Arrays.binarySearch(popularity, at);
    return found >= 0 ? found : Math.min(KEYS - 1, -found - 1);
  }

  private void tick() {
    dispatcher.tick(START + agenda.now());
    agenda.after(TICK_MILLIS, this::tick);
  }

  private void flush() {
    fold.flush();
    long now = START + agenda.now();
    HealthPolicy policy = HealthPolicy.of(target.spec());
    targetHealth.tick(policy, now);
    if (switches.circuit()) {
      HealthStatus status = targetHealth.status(policy, now);
      targets.putHealth(TARGET, HealthStatus.newBuilder(status).build());
    }
    agenda.after(FLUSH_MILLIS, this::flush);
  }

  private void summary(HealthSummary summary) {
    targetHealth.add(summary, HealthPolicy.of(target.spec()), START + agenda.now());
  }

  @Override
  public void task(String pool, Task task) {
    tally.sent(task.getOperationId());
    worker.take(task);
  }

  @Override
  public void cached(String fingerprint, @Nullable CachedOutput packed) {
    // There is no other instance to tell.
  }

  @Override
  public void wrote(String tenant, String conversation, long nowMillis) {
    // There is no other instance to tell.
  }

  @Override
  public void control(Control control) {
    worker.control(control);
  }

  @Override
  public void attempt(Attempt attempt) {
    dispatcher.attempt(attempt, START + agenda.now());
  }

  @Override
  public void alert(Alert alert) {
    // Nobody reads alerts here.
  }

  @Override
  public void answer(Request request, Answer answer) {
    if (answer.getOutcome() == Outcome.OK) {
      tally.answered(agenda.now());
    }
  }

  @Override
  public void chunk(Request request, Answer chunk) {
    throw new IllegalStateException("the only target answers at once");
  }

  @Override
  public void route(Request request, String fingerprint) {
    throw new IllegalStateException("the only target is registered");
  }
}
