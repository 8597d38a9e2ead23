package io.millrace.benchmarks.requests;

import io.millrace.benchmarks.client.Connection;
import io.millrace.benchmarks.process.PlatformProcess;
import io.millrace.benchmarks.process.ProcessCpu;
import io.millrace.benchmarks.process.WorkDirectory;
import io.millrace.benchmarks.process.WorkerProcess;
import io.millrace.benchmarks.scaling.TokenTrace;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.platform.cli.CommandException;
import io.millrace.schemas.identity.Ids;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Plays recorded requests to a language model faster than they came, and at their own times: a
 * request's latency runs from when it was due, whatever happened to those before it.
 *
 * <p>Inputs are as long as the recorded ones times one factor, chosen so that the model, bare on
 * one processor each, would keep all processors busy for the wanted share of the time.
 */
public final class TraceBenchmark {
  private static final List<Integer> LENGTHS = List.of(8, 32, 64, 128, 256, 384, 512);
  private static final int LENGTH_MAX = 512;
  private static final int REPLY_PARTITION = 0;
  private static final int PREHEAT_IN_FLIGHT = 8;
  private static final Duration CALIBRATE = Duration.ofSeconds(2);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
  private static final Duration FIRST_ANSWER = Duration.ofMinutes(1);
  private static final Duration REPORT = Duration.ofSeconds(30);
  private static final double MEDIAN = 0.50;
  private static final double TAIL = 0.99;

  private final Settings settings;
  private final Consumer<String> progress;

  /**
   * What is played.
   *
   * @param speed how many times faster than recorded
   * @param utilisation wanted share of all processors' time
   * @param preheat time at first for the JIT compilers
   */
  public record Settings(
      TokenTrace trace,
      double speed,
      double utilisation,
      Duration preheat,
      List<String> platformJvm,
      List<String> workerJvm,
      int slots) {}

  /**
   * What came of it.
   *
   * @param ok requests with exactly one answer, which is OK
   * @param utilisation share of all processors' time that the rows take bare
   * @param machineUtilisation share of it that platform, worker and driver took
   * @param lengthFactor on the recorded lengths
   * @param meanTokens of the inputs
   * @param bareMs time of a row on one processor by its length
   */
  public record Result(
      int requests,
      int ok,
      double p50Ms,
      double p99Ms,
      double utilisation,
      double machineUtilisation,
      double lengthFactor,
      double meanTokens,
      double meanBatch,
      Map<Integer, Double> bareMs) {}

  /** A request that was sent. */
  private static final class Sent {
    final long due;
    int answers;
    boolean ok;

    Sent(long due) {
      this.due = due;
    }
  }

  /**
   * @param progress gets a line at each step
   */
  public TraceBenchmark(Settings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @throws CommandException if the model does not get ready
   */
  public Result run() {
    try (WorkDirectory work = WorkDirectory.create("bench-trace")) {
      Path repository = work.path().resolve("models");
      BenchmarkModels.Model lm = BenchmarkModels.write(repository, Set.of("lm")).get(0);
      Map<Integer, Double> bare = calibrate(lm);
      progress.accept("starting platform and worker in " + work.path());
      try (PlatformProcess platform =
          PlatformProcess.start(
              new PlatformProcess.Options(
                  work.path(), "operations", settings.platformJvm, false))) {
        BenchmarkModels.declare(platform.connection(), repository);
        try (WorkerProcess worker =
            WorkerProcess.startModels(
                "worker",
                platform.connection(),
                work.path(),
                settings.workerJvm,
                Map.of("slots", Integer.toString(settings.slots)))) {
          preheat(platform.connection());
          Supplier<Duration> cpu =
              () -> ProcessCpu.ofThis().plus(platform.jvm().cpu()).plus(worker.jvm().cpu());
          Result result = play(platform.connection(), bare, cpu);
          worker.close();
          work.done();
          return result;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the model cannot be written: " + e, e);
    }
  }

  private Map<Integer, Double> calibrate(BenchmarkModels.Model lm) {
    progress.accept("measuring the model bare");
    int cores = Runtime.getRuntime().availableProcessors();
    Map<Integer, Double> millis = new TreeMap<>();
    for (int length : LENGTHS) {
      List<Tensor> row = BenchmarkModels.tokens(length, length);
      double perS =
          new BareModel(lm.file(), row, 1).run(new BareModel.Way(cores, 1, 1), CALIBRATE).perS();
      millis.put(length, 1e3 * cores / perS);
    }
    return millis;
  }

  private void preheat(Connection connection) {
    progress.accept("until the code is compiled");
    ModelRequests requests = new ModelRequests("lm", n -> row(n, settings.trace, 0.25));
    try (ClosedLoop<InferenceRequest, InferenceResult> loop =
        new ClosedLoop<>(connection, requests.kind())) {
      long end = System.nanoTime() + FIRST_ANSWER.toNanos();
      while (true) {
        try {
          loop.run(1, Duration.ZERO);
          break;
        } catch (CommandException e) {
          if (System.nanoTime() - end > 0) {
            throw e;
          }
        }
      }
      loop.run(PREHEAT_IN_FLIGHT, settings.preheat);
    }
  }

  private static List<Tensor> row(long n, TokenTrace trace, double factor) {
    double length = trace.contextTokens()[(int) (n % trace.contextTokens().length)];
    return BenchmarkModels.tokens(n, ServiceTimes.scaled(length, LENGTH_MAX, factor));
  }

  private Result play(Connection connection, Map<Integer, Double> bare, Supplier<Duration> cpu) {
    TokenTrace trace = settings.trace;
    int count = trace.arrivals().length;
    int cores = Runtime.getRuntime().availableProcessors();
    double seconds = trace.seconds() / settings.speed;
    ServiceTimes times = new ServiceTimes(bare);
    double factor =
        times.scale(
            trace.contextTokens(),
            LENGTH_MAX,
            settings.utilisation * cores * seconds * 1e3 / count);
    double utilisation =
        times.mean(trace.contextTokens(), LENGTH_MAX, factor) * count / (cores * seconds * 1e3);
    progress.accept(
        String.format(
            Locale.ROOT,
            "%d requests in %.0f s, lengths times %.4f: utilisation %.2f",
            count,
            seconds,
            factor,
            utilisation));
    ModelRequests requests = new ModelRequests("lm", n -> row(n, trace, factor));
    Map<String, Sent> sent = new ConcurrentHashMap<>();
    Latencies latencies = new Latencies();
    double busy;
    RequestKind<InferenceRequest, InferenceResult> kind = requests.kind();
    try (var consumer = connection.consumer(kind.answers(), Map.of());
        Producer<String, InferenceRequest> producer =
            connection.producer(kind.requests(), Map.of())) {
      TopicPartition home = new TopicPartition(kind.answers().name(), REPLY_PARTITION);
      consumer.assign(List.of(home));
      consumer.seekToEnd(List.of(home));
      consumer.position(home);
      Duration cpuBefore = cpu.get();
      long begun = System.nanoTime();
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(() -> send(producer, kind, sent));
      long last = System.nanoTime();
      long reported = last;
      while (latencies.count() < count && System.nanoTime() - last < ANSWER_MAX.toNanos()) {
        for (ConsumerRecord<String, InferenceResult> record : consumer.poll(POLL)) {
          Sent request = sent.get(record.value().getOperationId());
          if (request != null && request.answers++ == 0) {
            latencies.add(System.nanoTime() - request.due);
            request.ok =
                record.value().getOutcome() == Outcome.OK
                    && kind.fault().apply(record.value()).isEmpty();
          }
          last = System.nanoTime();
        }
        if (sending.isCompletedExceptionally()) {
          sending.join();
        }
        if (System.nanoTime() - reported > REPORT.toNanos()) {
          reported = System.nanoTime();
          progress.accept("%d of %d answered".formatted(latencies.count(), count));
        }
      }
      busy = cpu.get().minus(cpuBefore).toNanos() / ((double) cores * (System.nanoTime() - begun));
    }
    return new Result(
        count,
        (int) sent.values().stream().filter(s -> s.ok && s.answers == 1).count(),
        latencies.percentileMillis(MEDIAN),
        latencies.percentileMillis(TAIL),
        utilisation,
        busy,
        factor,
        mean(trace, factor),
        requests.meanBatch(),
        bare);
  }

  private void send(
      Producer<String, InferenceRequest> producer,
      RequestKind<InferenceRequest, InferenceResult> kind,
      Map<String, Sent> sent) {
    SplittableRandom random = new SplittableRandom();
    long start = System.nanoTime();
    for (double arrival : settings.trace.arrivals()) {
      long due = start + (long) (arrival / settings.speed * 1e9);
      for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
        LockSupport.parkNanos(due - now);
      }
      String id = Ids.v7(System.currentTimeMillis(), random);
      sent.put(id, new Sent(due));
      producer.send(
          new ProducerRecord<>(
              kind.requests().name(),
              kind.key().apply(id),
              kind.request().make(id, REPLY_PARTITION)));
    }
  }

  private static double mean(TokenTrace trace, double factor) {
    double sum = 0;
    for (double length : trace.contextTokens()) {
      sum += ServiceTimes.scaled(length, LENGTH_MAX, factor);
    }
    return sum / trace.contextTokens().length;
  }
}
