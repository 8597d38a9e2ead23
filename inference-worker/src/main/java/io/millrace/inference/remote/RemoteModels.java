package io.millrace.inference.remote;

import io.millrace.events.InferenceRun;
import io.millrace.events.InferenceWork;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.inference.ModelException;
import io.millrace.worker.task.Cancellation;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of this worker's pools that remote servers run: follows what is declared, and asks
 * each server again and again whether it has its model ready.
 */
public final class RemoteModels implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteModels.class);
  private static final long CHECK_MS = 2_000;
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);

  private final Predicate<String> pools;
  private final int outputBytesMax;
  private final Map<String, Place> places = new HashMap<>();
  private @Nullable HttpClient client;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread checking = new Thread(work, "remote-models");
            checking.setDaemon(true);
            return checking;
          });

  /** What is known of one model; guarded by the places. */
  private static final class Place {
    final RemoteModel model;
    boolean ready;
    @Nullable ModelException failure;

    Place(RemoteModel model) {
      this.model = model;
    }
  }

  /**
   * None yet.
   *
   * @param pools whether the models of a pool are wanted
   * @param outputBytesMax the most bytes of the outputs of a run
   */
  public RemoteModels(Predicate<String> pools, int outputBytesMax) {
    this.pools = pools;
    this.outputBytesMax = outputBytesMax;
  }

  /** Whether a declaration is of a model that a remote server runs. */
  public static boolean remote(TargetSpec declaration) {
    ModelSpec model = declaration.getModel();
    return model != null
        && (model.getUri().startsWith("http:") || model.getUri().startsWith("https:"));
  }

  /** Takes a declaration; null: it was removed. Returns at once. */
  public void declared(String target, @Nullable TargetSpec declaration) {
    synchronized (places) {
      if (declaration == null
          || declaration.getUnloaded()
          || !remote(declaration)
          || !pools.test(declaration.getPool())) {
        places.remove(target);
        return;
      }
      Place place = places.get(target);
      if (place != null && same(place.model.declaration(), declaration)) {
        return;
      }
      Place added = new Place(new RemoteModel(declaration, client(), outputBytesMax));
      places.put(target, added);
      check(target, added, 0);
    }
  }

  private static boolean same(TargetSpec one, TargetSpec other) {
    return String.valueOf(one.getModel()).equals(String.valueOf(other.getModel()));
  }

  private HttpClient client() {
    HttpClient made = client;
    if (made == null) {
      // Triton speaks nothing newer without TLS.
      made =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(CONNECT_MAX)
              .build();
      client = made;
    }
    return made;
  }

  private void check(String target, Place place, long delayMs) {
    try {
      thread.schedule(() -> check(target, place), delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("Stopped; no server is asked any more");
    }
  }

  private void check(String target, Place place) {
    if (place(target) == place) {
      place
          .model
          .check()
          .whenComplete(
              (done, failure) -> {
                checked(target, place, failure);
                check(target, place, CHECK_MS);
              });
    }
  }

  private void checked(String target, Place place, @Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    ModelException known =
        cause == null || cause instanceof ModelException
            ? (ModelException) cause
            : new ModelException("REMOTE_FAILED", String.valueOf(cause), true);
    synchronized (places) {
      if (place.ready != (known == null)) {
        LOG.info("{} is {}", target, known == null ? "ready" : "not ready: " + known.getMessage());
      } else if (known != null && place.failure == null) {
        LOG.warn("{} is not ready: {}", target, known.getMessage());
      }
      place.ready = known == null;
      place.failure = known;
    }
  }

  private @Nullable Place place(String target) {
    synchronized (places) {
      return places.get(target);
    }
  }

  /** Whether a remote server runs the target for this worker. */
  public boolean has(String target) {
    return place(target) != null;
  }

  /**
   * Asks for a run.
   *
   * @param limit how long it may take
   * @param cancellation ends it
   * @return what it gave; or fails with a {@link ModelException}
   */
  public CompletionStage<InferenceRun> run(
      String target,
      InferenceWork work,
      List<Tensor> inputs,
      Duration limit,
      Cancellation cancellation) {
    Place place = place(target);
    if (place == null) {
      return CompletableFuture.failedFuture(
          new ModelException("MODEL_NOT_READY", target + " is not declared here any more", true));
    }
    try {
      return place.model.run(work, inputs, limit, cancellation);
    } catch (ModelException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Names of the targets whose servers have them ready. */
  public List<String> ready() {
    List<String> ready = new ArrayList<>();
    synchronized (places) {
      places.forEach(
          (target, place) -> {
            if (place.ready) {
              ready.add(target);
            }
          });
    }
    return ready;
  }

  /** Why targets are not ready, by their names. */
  public Map<String, String> problems() {
    Map<String, String> problems = new TreeMap<>();
    synchronized (places) {
      places.forEach(
          (target, place) -> {
            ModelException failure = place.failure;
            if (failure != null) {
              problems.put(target, failure.code() + ": " + failure.getMessage());
            }
          });
    }
    return problems;
  }

  @Override
  public void close() {
    thread.shutdownNow();
    synchronized (places) {
      places.clear();
    }
  }
}
