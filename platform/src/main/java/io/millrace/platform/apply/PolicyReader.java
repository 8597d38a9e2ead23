package io.millrace.platform.apply;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.ConcurrencyLimit;
import io.millrace.events.Fallback;
import io.millrace.events.Hedge;
import io.millrace.events.RetryBudget;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.Throttle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what a target or pool says of how it is to be treated. */
final class PolicyReader {
  private static final Duration MS = Duration.ofMillis(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration MONTH = Duration.ofDays(30);
  private static final long COST_MAX = 1_000_000_000_000_000L;
  private static final double MEDIAN = 0.5;
  private static final double QUANTILE_MAX = 0.9999;
  private static final double SLACK_MAX = 100;
  private static final double RATIO_MAX = 100;
  private static final int SLOTS_MAX = 10_000;
  private static final int REPLICAS_MAX = 10_000;
  private static final int FALLBACKS_MAX = 5;

  private final Problems problems;

  PolicyReader(Problems problems) {
    this.problems = problems;
  }

  void read(Fields fields, TargetSpec spec, TargetKind kind) {
    fields.bool("idempotent").ifPresent(spec::setIdempotent);
    fields.bool("read_only").ifPresent(spec::setReadOnly);
    fields.bool("speculate").ifPresent(spec::setSpeculate);
    if (spec.getReadOnly() && !spec.getIdempotent()) {
      fields.wrong("read_only", "what has no effect is idempotent; write idempotent: true as well");
    }
    if (spec.getSpeculate() && !spec.getReadOnly()) {
      fields.wrong(
          "speculate", "only what has no effect is run ahead; write read_only: true, if so");
    }
    fields.fields("cacheable").ifPresent(cacheable -> cacheable(cacheable, spec));
    if (fields.has("cacheable") && !spec.getIdempotent()) {
      fields.wrong(
          "cacheable", "only what may run twice is kept; write idempotent: true as well, if so");
    }
    if (spec.getSpeculate() && spec.getReadOnly() && !fields.has("cacheable")) {
      fields.wrong(
          "speculate", "what is run ahead is kept until it is asked for; write cacheable as well");
    }
    fields.duration("timeout", MS, DAY).ifPresent(time -> spec.setTimeoutMs(time.toMillis()));
    fields.duration("objective", MS, DAY).ifPresent(time -> spec.setObjectiveMs(time.toMillis()));
    fields.duration("deadline", MS, DAY).ifPresent(time -> spec.setDeadlineMs(time.toMillis()));
    if (spec.getTimeoutMs() > spec.getDeadlineMs() && fields.has("timeout")) {
      fields.wrong(
          "timeout",
          "an attempt of "
              + DurationText.format(Duration.ofMillis(spec.getTimeoutMs()))
              + " does not fit into the call's deadline of "
              + DurationText.format(Duration.ofMillis(spec.getDeadlineMs()))
              + (fields.has("deadline") ? "" : ", the default")
              + "; give a longer deadline");
    }
    fields
        .integer("attempts", 1, 100)
        .ifPresent(attempts -> spec.setAttemptsMax(attempts.intValue()));
    backoff(fields, spec);
    fields.fields("circuit").ifPresent(circuit -> circuit(circuit, spec));
    fields
        .integer("in_flight", 1, 1_000_000)
        .ifPresent(flights -> spec.setInFlightMax(flights.intValue()));
    fields.integer("cost_micros", 0, COST_MAX).ifPresent(spec::setCostMicros);
    fields.fields("controls").ifPresent(controls -> controls(controls, fields, spec));
    fallbacks(fields, spec, kind);
  }

  private static void cacheable(Fields cacheable, TargetSpec spec) {
    if (!cacheable.has("ttl")) {
      cacheable.wrong("ttl", "is missing; expected " + DurationText.EXPECTED);
    }
    cacheable.duration("ttl", MS, MONTH).ifPresent(ttl -> spec.setCacheTtlMs(ttl.toMillis()));
    cacheable
        .duration("stale_if_error", MS, MONTH)
        .ifPresent(time -> spec.setStaleIfErrorMs(time.toMillis()));
    cacheable
        .duration("negative_ttl", MS, DAY)
        .ifPresent(ttl -> spec.setNegativeTtlMs(ttl.toMillis()));
    cacheable.refuseOthers();
  }

  /**
   * Each control is switched on by {@code true}, or by a mapping of what differs from defaults, and
   * off by {@code false}. The retry budget is on unless switched off.
   */
  private void controls(Fields controls, Fields target, TargetSpec spec) {
    control(controls, "timeout").ifPresent(at -> spec.setAdaptiveTimeout(timeout(at, spec)));
    control(controls, "concurrency").ifPresent(at -> spec.setConcurrencyLimit(concurrency(at)));
    control(controls, "throttle").ifPresent(at -> spec.setThrottle(throttle(at)));
    control(controls, "hedge").ifPresent(at -> spec.setHedge(hedge(at)));
    if (isOff(controls, "retry_budget")) {
      spec.setRetryBudget(null);
    } else {
      control(controls, "retry_budget").ifPresent(at -> spec.setRetryBudget(retryBudget(at)));
      if (controls.has("retry_budget") && !(spec.getIdempotent() && spec.getAttemptsMax() > 1)) {
        controls.wrong(
            "retry_budget",
            spec.getIdempotent()
                ? "with attempts: 1 nothing is tried again; allow more, or leave it out"
                : "only an idempotent target is tried again: it may run twice");
      }
    }
    if (spec.getHedge() != null && !spec.getIdempotent()) {
      target.wrong("controls", "only an idempotent target is hedged: it may run twice");
    }
    if (spec.getHedge() != null && spec.getHedge().getFloorMs() > spec.getTimeoutMs()) {
      controls.wrong(
          "hedge",
          "its floor of "
              + DurationText.format(Duration.ofMillis(spec.getHedge().getFloorMs()))
              + " is above the target's timeout of "
              + DurationText.format(Duration.ofMillis(spec.getTimeoutMs()))
              + ", so that nothing is ever hedged");
    }
    ConcurrencyLimit limit = spec.getConcurrencyLimit();
    if (limit != null && target.has("in_flight") && limit.getMin() > spec.getInFlightMax()) {
      controls.wrong(
          "concurrency",
          "its min of %d is more than the target's in_flight, which is %d"
              .formatted(limit.getMin(), spec.getInFlightMax()));
    }
    controls.refuseOthers();
  }

  private static boolean isOff(Fields controls, String key) {
    return controls.element(key).orElse(null) instanceof Element.Scalar scalar
        && scalar.value().isBoolean()
        && !scalar.value().booleanValue();
  }

  private Optional<Fields> control(Fields controls, String key) {
    Element element = controls.element(key).orElse(null);
    if (!(element instanceof Element.Scalar scalar) || !scalar.value().isBoolean()) {
      return controls.fields(key);
    }
    return isOff(controls, key)
        ? Optional.empty()
        : Fields.of(
            new Element.Mapping(element.line(), Map.of(), Map.of()), controls.path(key), problems);
  }

  private static AdaptiveTimeout timeout(Fields fields, TargetSpec spec) {
    AdaptiveTimeout timeout = AdaptiveTimeout.newBuilder().build();
    fields.duration("floor", MS, DAY).ifPresent(floor -> timeout.setFloorMs(floor.toMillis()));
    fields.number("quantile", 0, QUANTILE_MAX).ifPresent(timeout::setQuantile);
    fields.number("slack", 1, SLACK_MAX).ifPresent(timeout::setSlack);
    fields.refuseOthers();
    if (timeout.getFloorMs() > spec.getTimeoutMs()) {
      fields.wrong(
          "floor",
          "the floor of "
              + DurationText.format(Duration.ofMillis(timeout.getFloorMs()))
              + " is above the target's timeout of "
              + DurationText.format(Duration.ofMillis(spec.getTimeoutMs()))
              + ", which stays the ceiling");
    }
    return timeout;
  }

  private static ConcurrencyLimit concurrency(Fields fields) {
    ConcurrencyLimit limit = ConcurrencyLimit.newBuilder().build();
    fields.integer("min", 1, SLOTS_MAX).ifPresent(min -> limit.setMin(min.intValue()));
    fields.integer("max", 1, SLOTS_MAX).ifPresent(max -> limit.setMax(max.intValue()));
    fields.refuseOthers();
    if (limit.getMin() > limit.getMax()) {
      fields.wrong("min", "is more than max, which is " + limit.getMax());
    }
    return limit;
  }

  private static RetryBudget retryBudget(Fields fields) {
    RetryBudget budget = RetryBudget.newBuilder().build();
    fields.number("ratio", 0, 1).ifPresent(budget::setRatio);
    fields.refuseOthers();
    return budget;
  }

  private static Throttle throttle(Fields fields) {
    Throttle throttle = Throttle.newBuilder().build();
    fields.number("ratio", 1, RATIO_MAX).ifPresent(throttle::setRatio);
    fields
        .duration("window", SECOND, DAY)
        .ifPresent(window -> throttle.setWindowMs(window.toMillis()));
    fields.refuseOthers();
    return throttle;
  }

  private static Hedge hedge(Fields fields) {
    Hedge hedge = Hedge.newBuilder().build();
    fields.number("quantile", 0, QUANTILE_MAX).ifPresent(hedge::setQuantile);
    fields.number("budget", 0, 1).ifPresent(hedge::setBudget);
    fields.duration("floor", MS, DAY).ifPresent(floor -> hedge.setFloorMs(floor.toMillis()));
    fields.refuseOthers();
    return hedge;
  }

  private void fallbacks(Fields fields, TargetSpec spec, TargetKind kind) {
    List<Element> items = fields.items("fallback").orElse(List.of());
    if (items.size() > FALLBACKS_MAX) {
      fields.wrong("fallback", "has more than " + FALLBACKS_MAX + " targets");
      return;
    }
    List<Fallback> fallbacks = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Fields.of(items.get(i), fields.path("fallback") + "[" + i + "]", problems)
          .flatMap(item -> kind == TargetKind.MODEL ? model(item) : tool(item))
          .ifPresent(fallbacks::add);
    }
    spec.setFallbacks(fallbacks);
  }

  /** Another model, which is given the same inputs. */
  private static Optional<Fallback> model(Fields fields) {
    Optional<String> model =
        fields.required("model", TargetReader.NAME, TargetReader.NAME_EXPECTED);
    String version =
        fields.matching("version", TargetReader.NAME, TargetReader.NAME_EXPECTED).orElse("1");
    fields.refuseOthers();
    return model.map(
        name ->
            Fallback.newBuilder()
                .setTarget(TargetReader.key(TargetKind.MODEL, name, version))
                .build());
  }

  private static Optional<Fallback> tool(Fields fields) {
    Optional<String> tool = fields.required("tool", TargetReader.NAME, TargetReader.NAME_EXPECTED);
    Fallback fallback = Fallback.newBuilder().build();
    fields
        .element("arguments")
        .ifPresent(
            element -> {
              if (!(element instanceof Element.Mapping)) {
                fields.wrong(
                    "arguments", "expected a mapping, but " + element.describe() + " is given");
              }
              fallback.setArguments(element.toJson().toString());
            });
    fields.refuseOthers();
    tool.ifPresent(name -> fallback.setTarget("tool:" + name));
    return tool.map(name -> fallback);
  }

  /** How a pool is scaled, if its fields say so. */
  static Optional<ScalingPolicy> scaling(Fields pool) {
    return pool.fields("scaling").map(PolicyReader::policy);
  }

  private static ScalingPolicy policy(Fields fields) {
    ScalingPolicy policy = ScalingPolicy.newBuilder().build();
    fields.integer("min", 0, REPLICAS_MAX).ifPresent(min -> policy.setReplicasMin(min.intValue()));
    fields.integer("max", 1, REPLICAS_MAX).ifPresent(max -> policy.setReplicasMax(max.intValue()));
    fields.bool("to_zero").ifPresent(policy::setToZero);
    fields
        .duration("objective", MS, DAY)
        .ifPresent(objective -> policy.setObjectiveMs(objective.toMillis()));
    fields.number("quantile", MEDIAN, QUANTILE_MAX).ifPresent(policy::setObjectiveQuantile);
    fields
        .duration("start_up", MS, HOUR)
        .ifPresent(startUp -> policy.setStartUpMs(startUp.toMillis()));
    fields
        .duration("cool_down", MS, DAY)
        .ifPresent(coolDown -> policy.setCoolDownMs(coolDown.toMillis()));
    fields.integer("slots", 1, SLOTS_MAX).ifPresent(slots -> policy.setSlots(slots.intValue()));
    fields.integer("cost_micros_per_hour", 0, COST_MAX).ifPresent(policy::setCostMicrosPerHour);
    fields.refuseOthers();
    if (policy.getReplicasMin() > policy.getReplicasMax()) {
      fields.wrong("min", "is more than max, which is " + policy.getReplicasMax());
    }
    if (policy.getReplicasMin() == 0 && !policy.getToZero()) {
      fields.wrong("min", "0 replicas need to_zero: true as well");
    }
    return policy;
  }

  /** Either the base alone, or base and max. */
  private static void backoff(Fields fields, TargetSpec spec) {
    @Nullable Element element = fields.element("backoff").orElse(null);
    if (element instanceof Element.Mapping) {
      fields
          .fields("backoff")
          .ifPresent(
              backoff -> {
                backoff
                    .duration("base", MS, DAY)
                    .ifPresent(time -> spec.setBackoffMs(time.toMillis()));
                backoff
                    .duration("max", MS, DAY)
                    .ifPresent(time -> spec.setBackoffMaxMs(time.toMillis()));
                backoff.refuseOthers();
                if (spec.getBackoffMaxMs() < spec.getBackoffMs()) {
                  backoff.wrong("max", "is shorter than the base; give at least as much");
                }
              });
    } else if (element != null) {
      fields
          .duration("backoff", MS, DAY)
          .ifPresent(
              time -> {
                spec.setBackoffMs(time.toMillis());
                spec.setBackoffMaxMs(Math.max(spec.getBackoffMaxMs(), time.toMillis()));
              });
    }
  }

  private static void circuit(Fields circuit, TargetSpec spec) {
    circuit.number("failure_rate", 0, 1).ifPresent(spec::setFailureRateOpen);
    circuit
        .integer("volume", 1, 1_000_000)
        .ifPresent(volume -> spec.setFailureVolumeOpen(volume.intValue()));
    circuit.duration("open", MS, DAY).ifPresent(time -> spec.setOpenMs(time.toMillis()));
    circuit.refuseOthers();
  }
}
