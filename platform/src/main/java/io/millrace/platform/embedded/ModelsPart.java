package io.millrace.platform.embedded;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.inference.InferenceWorker;
import io.millrace.inference.InferenceWorkerConfig;
import io.millrace.platform.models.DeclaredModels;
import io.millrace.platform.models.RepositoryWatch;
import io.millrace.worker.runtime.WorkerConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model repository and a worker for the models of every pool, which is started with the first
 * model, be it in the repository or declared by hand: without one, no native library is loaded.
 */
public final class ModelsPart implements Part {
  private static final String POOL = "default";

  private final MeterRegistry meters;
  private final Path repository;
  private final Map<String, String> settings;
  private volatile @Nullable RepositoryWatch watch;
  private volatile @Nullable DeclaredModels declared;
  private volatile @Nullable InferenceWorker worker;

  /**
   * @param repository directory of models; may be missing
   * @param settings further settings of the worker
   */
  public ModelsPart(MeterRegistry meters, Path repository, Map<String, String> settings) {
    this.meters = meters;
    this.repository = repository;
    this.settings = settings;
  }

  @Override
  public String name() {
    return "models";
  }

  @Override
  public void start(Endpoints endpoints) {
    RepositoryWatch started =
        new RepositoryWatch(
            repository.toAbsolutePath().normalize(),
            POOL,
            endpoints.bootstrapServers(),
            endpoints.schemaRegistryUrl(),
            () -> startWorker(endpoints));
    watch = started;
    started.start();
    DeclaredModels byHand =
        new DeclaredModels(
            endpoints.bootstrapServers(),
            endpoints.schemaRegistryUrl(),
            () -> startWorker(endpoints));
    declared = byHand;
    byHand.start();
  }

  private synchronized void startWorker(Endpoints endpoints) {
    if (worker != null) {
      return;
    }
    Map<String, String> all = new HashMap<>();
    all.put(WorkerConfig.POOLS, "*");
    all.put(WorkerConfig.SCALED, "true");
    all.putAll(settings);
    all.put(WorkerConfig.BOOTSTRAP_SERVERS, endpoints.bootstrapServers());
    all.put(WorkerConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    InferenceWorker started = new InferenceWorker(new InferenceWorkerConfig(all), meters);
    worker = started;
    started.start();
  }

  /** Ready once the models are declared and the worker takes tasks; models load meanwhile. */
  @Override
  public boolean ready() {
    RepositoryWatch watching = watch;
    DeclaredModels looking = declared;
    InferenceWorker running = worker;
    return watching != null
        && looking != null
        && watching.looked()
        && looking.looked()
        && (running == null
            || (running.ready().isDone() && !running.ready().isCompletedExceptionally()));
  }

  @Override
  public void close() {
    RepositoryWatch watching = watch;
    if (watching != null) {
      watching.close();
    }
    DeclaredModels looking = declared;
    if (looking != null) {
      looking.close();
    }
    InferenceWorker running = worker;
    if (running != null) {
      running.close();
    }
  }
}
