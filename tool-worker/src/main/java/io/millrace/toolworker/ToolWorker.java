package io.millrace.toolworker;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.worker.runtime.Worker;
import io.millrace.worker.runtime.WorkerTopics;
import io.millrace.worker.task.BlockingTasks;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A worker that runs tool calls: built-in tools, HTTP requests and programs. */
public final class ToolWorker implements AutoCloseable {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final int HTTP_THREADS = 4;

  /** How many busy pools a worker of every pool is sized for. */
  private static final int MANY_POOLS = 8;

  private final ToolWorkerConfig config;
  private final BlockingTasks blocking;
  private final DelayTimer timer = new DelayTimer();
  private final ExecutorService httpThreads;
  private final Worker worker;

  /**
   * Connects to nothing yet.
   *
   * @param config settings
   * @param registry gets the worker's meters
   */
  public ToolWorker(ToolWorkerConfig config, MeterRegistry registry) {
    this.config = config;
    int slots = config.slots() * (config.everyPool() ? MANY_POOLS : config.pools().size());
    this.blocking =
        new BlockingTasks("tool-blocking", config.blockingThreads(), Math.max(1, slots));
    this.httpThreads =
        Executors.newFixedThreadPool(
            HTTP_THREADS,
            work -> {
              Thread thread = new Thread(work, "tool-http");
              thread.setDaemon(true);
              return thread;
            });
    HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .executor(httpThreads)
            .build();
    this.worker =
        new Worker(
            config,
            WorkerTopics.tools(),
            new ToolRunner(builtins(config.tools()), blocking, timer, http),
            registry);
  }

  private static Map<String, Tool> builtins(Map<String, String> settings) {
    Map<String, Tool> builtins = new LinkedHashMap<>();
    for (Tool tool : ServiceLoader.load(Tool.class)) {
      tool.configure(settings);
      Tool other = builtins.put(tool.name(), tool);
      if (other != null) {
        throw new IllegalStateException(
            "Two built-in tools are called '%s': %s and %s"
                .formatted(tool.name(), other.getClass().getName(), tool.getClass().getName()));
      }
    }
    return builtins;
  }

  /** Name of this worker. */
  public String id() {
    return worker.id();
  }

  /** Starts; returns at once. A broker or registry that is away is waited for. */
  public void start() {
    worker.start();
  }

  /** Done once it takes tasks; cancelled if it is closed before. */
  public CompletableFuture<Void> ready() {
    return worker.ready();
  }

  /**
   * Stops in order: takes nothing new, lets what runs end, says that it has left.
   *
   * @param limit how long calls may run on
   * @return true if all calls ended by themselves
   */
  public boolean drain(Duration limit) {
    try {
      return worker.drain(limit);
    } finally {
      blocking.close();
      timer.close();
      httpThreads.shutdown();
    }
  }

  /** Drains for as long as the settings allow, unless that is done already. */
  @Override
  public void close() {
    drain(config.drainTimeout());
  }
}
