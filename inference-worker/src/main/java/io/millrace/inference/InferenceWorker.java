package io.millrace.inference;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.Attempt;
import io.millrace.events.InferenceRequest;
import io.millrace.inference.remote.RemoteModels;
import io.millrace.inference.runtime.Devices;
import io.millrace.inference.runtime.Gpus;
import io.millrace.inference.runtime.MemoryBudget;
import io.millrace.inference.runtime.Request;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.worker.runtime.Worker;
import io.millrace.worker.runtime.WorkerConfig;
import io.millrace.worker.runtime.WorkerTopics;
import io.millrace.worker.task.BlockingTasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** A worker that runs the models of its pools. */
public final class InferenceWorker implements AutoCloseable {

  private final InferenceWorkerConfig config;
  private final Models models;
  private final RemoteModels remotes;
  private final Gpus gpus = new Gpus();
  private final BlockingTasks reads;
  private final LogReader<InferenceRequest> requests;
  private final LogReader<Attempt> attempts;
  private final Worker worker;

  /**
   * Connects to nothing and loads nothing yet.
   *
   * @param config settings
   * @param registry gets the worker's meters
   */
  public InferenceWorker(InferenceWorkerConfig config, MeterRegistry registry) {
    this.config = config;
    MemoryBudget budget = new MemoryBudget(config.memoryBytes());
    Predicate<String> pools = pool -> config.everyPool() || config.pools().contains(pool);
    this.models =
        new Models(
            new ModelLoader(
                new Devices(config.cuda(), config.deviceId()), budget, config.modelRuns()),
            pools);
    this.remotes = new RemoteModels(pools, Request.OUTPUT_BYTES_MAX);
    this.requests = new LogReader<>(config, InferenceTopics.REQUESTS);
    this.attempts = new LogReader<>(config, InferenceTopics.ATTEMPTS);
    int slots = config.slots() * Math.max(1, config.pools().size());
    this.reads = new BlockingTasks("input-reader", config.readers(), slots);
    this.worker =
        new Worker(
            config,
            WorkerTopics.models(),
            new InferenceRunner(
                models,
                remotes,
                budget,
                gpus,
                requests,
                attempts,
                reads,
                config.getLong(WorkerConfig.IN_FLIGHT_BYTES)),
            registry);
  }

  /** Name of this worker. */
  public String id() {
    return worker.id();
  }

  /** Starts; returns at once. A broker or registry that is away is waited for. */
  public void start() {
    worker.start();
  }

  /**
   * Done once it takes tasks, which it does when the models that it found declared are loaded or
   * cannot be; cancelled if it is closed before.
   */
  public CompletableFuture<Void> ready() {
    return worker.ready();
  }

  /** Names of the targets whose models are ready. */
  public List<String> readyTargets() {
    List<String> ready = new ArrayList<>(models.ready());
    ready.addAll(remotes.ready());
    return ready;
  }

  /** How many models that are declared for its pools are not ready. */
  public int missing() {
    return models.missing();
  }

  /**
   * Stops in order: takes nothing new, lets what runs end, says that it has left, unloads.
   *
   * @param limit how long requests may run on
   * @return true if all requests ended by themselves
   */
  public boolean drain(Duration limit) {
    try {
      return worker.drain(limit);
    } finally {
      gpus.close();
      reads.close();
      requests.close();
      remotes.close();
      attempts.close();
      models.close();
    }
  }

  /** Drains for as long as the settings allow, unless that is done already. */
  @Override
  public void close() {
    drain(config.drainTimeout());
  }
}
