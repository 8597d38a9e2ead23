package io.millrace.inference;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.inference.compose.Composite;
import io.millrace.inference.remote.RemoteModels;
import io.millrace.schemas.ensemble.Parts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that the worker has: follows what is declared, and loads, replaces and unloads on a
 * thread of its own, one at a time, so that requests never wait for that.
 */
final class Models implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Models.class);
  private static final long RETRY_MS = 2_000;
  private static final long FAREWELL_SECONDS = 20;
  private static final int PROBLEMS_MAX = 100;
  private static final int PROBLEM_LENGTH_MAX = 500;

  private final ModelLoader loader;
  private final Predicate<String> pools;
  private final Map<String, Place> places = new HashMap<>();

  /** Targets that are declared for the pools and are to be unloaded. */
  private final Set<String> unloaded = new HashSet<>();

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread loading = new Thread(work, "model-loader");
            loading.setDaemon(true);
            return loading;
          });

  /** What is known of one target. */
  private static final class Place {
    TargetSpec wanted;
    @Nullable LoadedModel loaded;
    @Nullable Composite composite;
    @Nullable ModelException failure;
    final List<CompletableFuture<LoadedModel>> waiting = new ArrayList<>();

    Place(TargetSpec wanted) {
      this.wanted = wanted;
    }
  }

  /**
   * None yet.
   *
   * @param pools whether the models of a pool are wanted
   */
  Models(ModelLoader loader, Predicate<String> pools) {
    this.loader = loader;
    this.pools = pools;
  }

  /**
   * Takes a declaration; null: it was removed. Returns at once. The same again has what failed
   * tried again.
   */
  void declared(String target, @Nullable TargetSpec declaration) {
    boolean ours = declaration != null && ours(declaration);
    boolean wanted = declaration != null && ours && !declaration.getUnloaded();
    synchronized (places) {
      if (ours && !wanted) {
        unloaded.add(target);
      } else {
        unloaded.remove(target);
      }
      Place place = places.get(target);
      if (!wanted || declaration == null) {
        if (place == null) {
          return;
        }
        places.remove(target);
        later(() -> drop(target, place, ours ? asked(target) : null), 0);
        return;
      }
      if (place == null) {
        places.put(target, new Place(declaration));
      } else if (place.failure == null && same(place.wanted, declaration)) {
        place.wanted = declaration;
        return;
      } else {
        place.wanted = declaration;
        place.failure = null;
      }
    }
    later(() -> load(target), 0);
  }

  private boolean ours(TargetSpec declaration) {
    // A remote server's model is called, not loaded, and so is an ensemble in parts.
    return declaration.getModel() != null
        && !Parts.has(declaration)
        && !RemoteModels.remote(declaration)
        && pools.test(declaration.getPool());
  }

  private static boolean same(TargetSpec one, TargetSpec other) {
    return String.valueOf(one.getModel()).equals(String.valueOf(other.getModel()))
        && one.getVersion().equals(other.getVersion())
        && one.getPool().equals(other.getPool());
  }

  private void later(Runnable work, long delayMs) {
    try {
      thread.schedule(work, delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("Stopped; nothing is loaded any more");
    }
  }

  private void load(String target) {
    TargetSpec wanted;
    synchronized (places) {
      Place place = places.get(target);
      if (place == null
          || (place.loaded != null && same(place.loaded.declaration(), place.wanted))
          || (place.composite != null && same(place.composite.declaration(), place.wanted))) {
        return;
      }
      wanted = place.wanted;
    }
    LoadedModel loaded = null;
    Composite composite = null;
    ModelException failure = null;
    try {
      if (composed(wanted)) {
        composite = Composite.of(wanted);
      } else {
        loaded = loader.load(wanted);
      }
    } catch (ModelException e) {
      failure = e;
    } catch (RuntimeException | LinkageError e) {
      LOG.error("Loading {} failed", target, e);
      failure = ModelException.invalid("Loading %s failed: %s".formatted(target, e));
    }
    LoadedModel former = loaded;
    List<CompletableFuture<LoadedModel>> waiting = List.of();
    synchronized (places) {
      Place place = places.get(target);
      if (place != null && same(place.wanted, wanted)) {
        former = failure == null ? place.loaded : null;
        place.loaded = failure == null ? loaded : place.loaded;
        place.composite = composite;
        place.failure = failure;
        waiting = List.copyOf(place.waiting);
        place.waiting.clear();
      }
    }
    for (CompletableFuture<LoadedModel> request : waiting) {
      if (loaded != null) {
        request.complete(loaded);
      } else {
        request.completeExceptionally(notReady(target, failure));
      }
    }
    if (failure != null) {
      LOG.error("{} is not ready: {}: {}", target, failure.code(), failure.getMessage());
      if (failure.retryable()) {
        later(() -> load(target), RETRY_MS);
      }
    }
    // Whoever waits for the former one is still served by it.
    if (former != null) {
      former.close();
    }
  }

  private static boolean composed(TargetSpec declaration) {
    ModelSpec model = declaration.getModel();
    return model != null && !model.getSteps().isEmpty();
  }

  /**
   * Unloads, and answers who waits.
   *
   * @param why what those are told; null: that it is not here any more
   */
  private static void drop(String target, Place place, @Nullable ModelException why) {
    place.waiting.forEach(
        request ->
            request.completeExceptionally(
                why == null ? notReady(target, "it was removed while it was loaded") : why));
    unload(place.loaded, why);
  }

  private static void unload(@Nullable LoadedModel model, @Nullable ModelException why) {
    if (model != null) {
      model.refuse(why);
      model.close();
    }
  }

  /** No other worker has it either: nothing is to be tried again. */
  private static ModelException asked(String target) {
    return new ModelException(
        "MODEL_UNLOADED",
        "%s was unloaded, as was asked for; load it first".formatted(target),
        false);
  }

  /**
   * The model of a target, as soon as it is loaded if that goes on now; else the stage fails with
   * MODEL_NOT_READY, and why.
   */
  CompletableFuture<LoadedModel> soon(String target) {
    synchronized (places) {
      Place place = places.get(target);
      if (place == null) {
        return CompletableFuture.failedFuture(
            unloaded.contains(target)
                ? asked(target)
                : notReady(target, "it is not declared for the pools of this worker"));
      }
      if (place.loaded != null) {
        return CompletableFuture.completedFuture(place.loaded);
      }
      if (place.failure != null) {
        return CompletableFuture.failedFuture(notReady(target, place.failure));
      }
      CompletableFuture<LoadedModel> request = new CompletableFuture<>();
      place.waiting.add(request);
      return request;
    }
  }

  /** The ensemble, or part of one, that a target declares; null: it is none, or is not ready. */
  @Nullable Composite composite(String target) {
    synchronized (places) {
      Place place = places.get(target);
      return place == null ? null : place.composite;
    }
  }

  private static ModelException notReady(String target, @Nullable ModelException failure) {
    return notReady(target, failure == null ? "" : failure.code() + ": " + failure.getMessage());
  }

  private static ModelException notReady(String target, String why) {
    return new ModelException(
        "MODEL_NOT_READY", "%s is not ready here: %s".formatted(target, why), true);
  }

  /** Done once all that was declared until now is loaded, or has failed. */
  CompletableFuture<Void> settled() {
    return CompletableFuture.runAsync(() -> {}, thread);
  }

  /** Names of the targets that are ready, sorted. */
  List<String> ready() {
    synchronized (places) {
      Map<String, Place> sorted = new TreeMap<>(places);
      sorted.values().removeIf(place -> !served(place));
      return List.copyOf(sorted.keySet());
    }
  }

  /** Why targets could not be loaded, by their names; at most 100 of them. */
  Map<String, String> problems() {
    Map<String, String> problems = new TreeMap<>();
    synchronized (places) {
      for (Map.Entry<String, Place> entry : places.entrySet()) {
        ModelException failure = entry.getValue().failure;
        if (failure != null && problems.size() < PROBLEMS_MAX) {
          String why = failure.code() + ": " + failure.getMessage();
          problems.put(
              entry.getKey(), why.substring(0, Math.min(why.length(), PROBLEM_LENGTH_MAX)));
        }
      }
    }
    return problems;
  }

  /** How many targets are wanted and not ready. */
  int missing() {
    synchronized (places) {
      return (int) places.values().stream().filter(place -> !served(place)).count();
    }
  }

  /** Whether it can run: an ensemble once all of its models can. */
  private boolean served(Place place) {
    Composite composite = place.composite;
    return composite == null
        ? place.loaded != null
        : composite.members().stream()
            .map(places::get)
            .allMatch(member -> member != null && member.loaded != null);
  }

  /** How many requests wait for models. */
  int waiting() {
    List<LoadedModel> loaded = new ArrayList<>();
    synchronized (places) {
      for (Place place : places.values()) {
        if (place.loaded != null) {
          loaded.add(place.loaded);
        }
      }
    }
    return loaded.stream().mapToInt(LoadedModel::waiting).sum();
  }

  /** Unloads all; returns when that is done. */
  @Override
  public void close() {
    thread.shutdownNow();
    Map<String, Place> all;
    synchronized (places) {
      all = Map.copyOf(places);
      places.clear();
    }
    all.forEach((target, place) -> drop(target, place, null));
    try {
      if (!thread.awaitTermination(FAREWELL_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("A model is still being loaded");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
