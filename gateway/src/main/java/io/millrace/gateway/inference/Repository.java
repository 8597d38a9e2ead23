package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.http.Caller;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.TargetTable;
import io.millrace.schemas.topics.Topics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The models as a repository, in the protocol's words: what there is, loading and unloading.
 *
 * <p>That a model is to be unloaded is written into its declaration in {@code targets}, which
 * workers follow; the request to load or unload is answered once they say that it is so.
 */
final class Repository {
  private static final long LOOK_MILLIS = 50;

  /**
   * What workers say within this time of what they are to load may be of before: they say it once a
   * second.
   */
  private static final Duration STALE = Duration.ofSeconds(2);

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final GatewayContext context;
  private final TargetTable targets;

  Repository(GatewayContext context) {
    this.context = context;
    this.targets = context.log().targets();
  }

  /**
   * Every version of every model, with its state.
   *
   * @param readyOnly whether only those that are ready
   */
  ArrayNode index(boolean readyOnly) {
    Instant now = context.clock().instant();
    ArrayNode index = NODES.arrayNode();
    for (TargetSpec model : targets.models()) {
      State state = state(model, now);
      if (state == State.READY || !readyOnly) {
        index
            .addObject()
            .put("name", model.getName())
            .put("version", model.getVersion())
            .put("state", state.name())
            .put("reason", reason(model, state, now));
      }
    }
    return index;
  }

  private enum State {
    READY,
    LOADING,
    UNLOADING,
    UNAVAILABLE
  }

  private State state(TargetSpec model, Instant now) {
    boolean ready = targets.ready(model, now);
    if (model.getUnloaded()) {
      return ready ? State.UNLOADING : State.UNAVAILABLE;
    }
    if (ready) {
      return State.READY;
    }
    return targets.served(model, now) && targets.problem(model, now).isEmpty()
        ? State.LOADING
        : State.UNAVAILABLE;
  }

  private String reason(TargetSpec model, State state, Instant now) {
    if (state != State.UNAVAILABLE) {
      return "";
    }
    return model.getUnloaded()
        ? "unloaded"
        : targets
            .problem(model, now)
            .orElse("no worker of pool '" + model.getPool() + "' has it ready");
  }

  /**
   * Has all versions of a model loaded; what failed before is tried again.
   *
   * @param parameters of the request, an object
   * @return done once each is ready in its pool; or fails with a {@link Refusal}
   */
  Future<Void> load(String model, JsonNode parameters, Caller caller) {
    for (var parameter : parameters.properties()) {
      throw Wrong.field(
          "parameters." + JsonFields.shown(parameter.getKey()),
          "a model is loaded as it is declared; change its config.pbtxt or files in the repository, or apply it again");
    }
    return change(model, false, caller, this::loaded);
  }

  /**
   * Has all versions of a model unloaded.
   *
   * @param parameters of the request, an object
   * @return done once no worker has any of them; or fails with a {@link Refusal}
   */
  Future<Void> unload(String model, JsonNode parameters, Caller caller) {
    for (var parameter : parameters.properties()) {
      boolean dependents = parameter.getKey().equals("unload_dependents");
      if (!dependents || !parameter.getValue().isBoolean() || parameter.getValue().booleanValue()) {
        throw Wrong.field(
            "parameters." + JsonFields.shown(parameter.getKey()),
            dependents
                ? "expected false; models that use this one stay, and fail while it is unloaded"
                : "is no parameter of this request");
      }
    }
    return change(model, true, caller, (name, asked, now) -> unloaded(name, now));
  }

  /** Says whether a change has come about. */
  private interface Check {
    /**
     * Whether it has.
     *
     * @param asked when it was asked for
     * @throws Refusal if it will not come about
     */
    boolean done(String model, Instant asked, Instant now);
  }

  private Future<Void> change(String model, boolean unload, Caller caller, Check check) {
    List<TargetSpec> versions = targets.versions(model);
    if (versions.isEmpty()) {
      throw new Refusal(
          404,
          "MODEL_UNKNOWN",
          "failed to %s '%s': Request for unknown model: it is not found; put it into the repository, or apply it"
              .formatted(unload ? "unload" : "load", JsonFields.shown(model)));
    }
    Instant asked = context.clock().instant();
    Instant latest = asked.plus(caller.timeout().orElse(context.config().deadline()));
    List<CompletableFuture<?>> writes = new ArrayList<>();
    for (TargetSpec version : versions) {
      TargetSpec changed = TargetSpec.newBuilder(version).build();
      changed.setId(context.log().newId());
      changed.setOccurredAt(asked);
      changed.setUnloaded(unload);
      writes.add(context.log().write(Topics.TARGETS, version.getTarget(), changed));
    }
    Promise<Void> done = Promise.promise();
    CompletableFuture.allOf(writes.toArray(CompletableFuture<?>[]::new))
        .whenComplete(
            (written, failure) -> {
              if (failure != null) {
                done.tryFail(failure);
              }
            });
    long timer =
        context
            .vertx()
            .setPeriodic(LOOK_MILLIS, id -> look(model, unload, asked, latest, check, done));
    return done.future().onComplete(end -> context.vertx().cancelTimer(timer));
  }

  private void look(
      String model,
      boolean unload,
      Instant asked,
      Instant latest,
      Check check,
      Promise<Void> done) {
    Instant now = context.clock().instant();
    try {
      boolean taken =
          targets.versions(model).stream().allMatch(version -> version.getUnloaded() == unload);
      if (taken && check.done(model, asked, now)) {
        done.tryComplete();
      } else if (now.isAfter(latest)) {
        done.tryFail(
            new Refusal(
                504,
                "DEADLINE_EXCEEDED",
                "failed to %s '%s' in time; it may still happen, see the repository's index"
                    .formatted(unload ? "unload" : "load", model)));
      }
    } catch (Refusal refusal) {
      done.tryFail(refusal);
    }
  }

  private boolean loaded(String model, Instant asked, Instant now) {
    boolean settled = now.isAfter(asked.plus(STALE));
    boolean all = true;
    @Nullable String wrong = null;
    for (TargetSpec version : targets.versions(model)) {
      boolean ready = targets.ready(version, now);
      Optional<String> problem = targets.problem(version, now);
      all &= ready || (settled && problem.isPresent());
      if (!ready && problem.isPresent()) {
        wrong = version.getTarget() + ": " + problem.get();
      }
    }
    if (all && wrong != null) {
      throw new Refusal(400, "MODEL_NOT_LOADED", "failed to load '" + model + "', " + wrong);
    }
    return all;
  }

  private boolean unloaded(String model, Instant now) {
    return targets.versions(model).stream().noneMatch(version -> targets.ready(version, now));
  }
}
