package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.Failure;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.inference.InferenceJson;
import io.millrace.platform.infer.LineReader.Line;
import io.millrace.platform.infer.ResultFile;
import io.millrace.platform.infer.ResultLine;
import io.millrace.platform.infer.logic.BulkRun;
import io.millrace.platform.infer.logic.Ending;
import io.millrace.platform.infer.logic.PlainInputs;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.topics.Topic;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a model on every row of a file: reads rows as there is room for them, asks for them through
 * the log, and writes the results in the order of the rows.
 */
final class BulkInference {
  static final int IN_FLIGHT_MAX = 4_096;

  /** Longest time for a row, which waits behind all that is more urgent. */
  static final Duration DEADLINE = Duration.ofMinutes(5);

  /** Beyond every model's last level, which is what it then has. */
  private static final int PRIORITY_LOWEST = 1_000;

  private static final int WINDOW_FACTOR = 8;
  private static final long WINDOW_BYTES = 64L << 20;
  private static final int ATTEMPTS = 10;
  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(15);
  private static final Duration POLL = Duration.ofMillis(50);

  private final Cluster cluster;
  private final OutputOptions output;
  private final Order order;
  private final long patienceMs;
  private final BulkRun<Asked, Answer> run;

  /**
   * What is to be done.
   *
   * @param version null: the one that an earlier run asked, else the newest
   * @param deadline for each row
   * @param inFlight most rows to ask at once
   * @param restart whether earlier results are thrown away
   */
  record Order(
      String model,
      @Nullable String version,
      String tenant,
      Duration deadline,
      int inFlight,
      boolean restart) {}

  /**
   * A row's request.
   *
   * @param requestId the client's own name for it; null: none
   */
  private record Asked(@Nullable String requestId, InferenceRequest.Builder event) {}

  /** A row's answer: either what the model gave, or why it gave nothing. */
  private record Answer(@Nullable InferenceResult result, String code, String message) {}

  BulkInference(Cluster cluster, OutputOptions output, Order order) {
    this.cluster = cluster;
    this.output = output;
    this.order = order;
    this.patienceMs = order.deadline.plus(CallCommand.GRACE).toMillis();
    this.run =
        new BulkRun<>(
            new BulkRun.Limits(
                order.inFlight,
                order.inFlight * WINDOW_FACTOR,
                WINDOW_BYTES,
                ATTEMPTS,
                PAUSE.toMillis(),
                PAUSE_MAX.toMillis(),
                patienceMs),
            new SecureRandom());
  }

  /**
   * Runs it.
   *
   * @param name of the input, for messages
   * @param size of the input, bytes; 0: not known
   * @return the exit code
   */
  int run(String name, long size, InputStream in, Path out) throws IOException {
    try (Progress progress = new Progress(output);
        BulkInput input = new BulkInput(name, in, order.tenant);
        ResultFile results = open(out)) {
      List<TargetSpec> versions =
          ModelLookup.versions(cluster, progress, order.model, order.version);
      BulkInput.Start start = input.start(results, out, versions);
      BulkCounts counts = new BulkCounts(start.rows(), start.failed());
      try (InferenceLog log = new InferenceLog(cluster)) {
        carryOut(start, input, results, counts, log, progress, size);
      }
      results.flush();
      progress.close();
      return report(counts, name, start.model(), out);
    }
  }

  private ResultFile open(Path out) {
    try {
      return ResultFile.open(out, order.restart);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.FAILED, "--out: cannot write " + out + ": " + e.getMessage(), e);
    }
  }

  private void carryOut(
      BulkInput.Start start,
      BulkInput input,
      ResultFile results,
      BulkCounts counts,
      InferenceLog log,
      Progress progress,
      long size)
      throws IOException {
    long heardAt = now();
    Line line = input.next();
    while (line != null || !run.isEmpty()) {
      for (; line != null && run.room(); line = input.next()) {
        take(start, line);
      }
      // Time in which nothing was asked is no silence.
      heardAt = run.inFlight() == 0 ? now() : heardAt;
      send(log);
      for (InferenceResult result : log.poll(run.waits() ? POLL : Duration.ZERO)) {
        heardAt = now();
        answered(result, log);
      }
      if (run.inFlight() > 0 && now() - heardAt > patienceMs) {
        throw CommandException.unreachable(
            "no answer came within %d s; do the topologies run? 'millrace status' shows them. %s"
                .formatted(patienceMs / 1_000, counts.goOn()),
            null);
      }
      run.silent(now());
      for (BulkRun.Done<Asked, Answer> done : run.drain()) {
        write(done, results, counts);
      }
      results.flush();
      progress.tick(() -> counts.progress(input.bytesRead(), size, run.inFlight()));
    }
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  private void take(BulkInput.Start start, Line line) {
    String id = start.ids().id(line.number(), line.bytes());
    try {
      if (line.tooLong()) {
        throw new Refusal(
            413,
            "ROW_TOO_LONG",
            "The row has more than %d bytes.".formatted(InferCommand.JSON_BYTES_MAX));
      }
      TargetSpec model = start.model();
      InferenceJson.Asked asked =
          InferenceJson.read(
              model, PlainInputs.request(model, line.bytes()), Topic.TENSOR_BYTES_MAX);
      InferenceRequest.Builder event =
          asked.event().setTenant(order.tenant).setModelVersion(model.getVersion());
      if (event.getPriority() == 0) {
        event.setPriority(PRIORITY_LOWEST);
      }
      run.take(line.number(), id, new Asked(asked.id(), event), line.bytes().length);
    } catch (Refusal e) {
      run.take(line.number(), id, new Answer(null, e.code(), e.message()));
    }
  }

  private void send(InferenceLog log) {
    long now = now();
    for (var sending = run.next(now); sending != null; sending = run.next(now)) {
      Instant instant = Instant.now();
      log.send(
          Fingerprint.ofOperation(sending.id()),
          sending
              .asked()
              .event
              .setId(sending.id())
              .setOccurredAt(instant)
              .setDeadlineAt(instant.plus(order.deadline))
              .setReplyPartition(log.replyPartition())
              .build());
    }
  }

  private void answered(InferenceResult result, InferenceLog log) {
    String id = result.getOperationId();
    if (!run.waitsFor(id)) {
      return;
    }
    Outcome outcome = result.getOutcome();
    if (outcome == Outcome.OK && log.complete(result)) {
      run.answered(id, Ending.FINAL, new Answer(result, "", ""), now());
      return;
    }
    Failure failure = result.getFailure();
    String code =
        outcome == Outcome.OK
            ? Ending.OUTPUTS_GONE
            : failure == null ? outcome.name() : failure.getCode();
    String message = failure == null ? "It ended " + outcome + "." : failure.getMessage();
    run.answered(id, Ending.of(outcome, code), new Answer(null, code, message), now());
  }

  /**
   * Writes the line of a row.
   *
   * @throws CommandException if it has none because nobody could be asked: that is no fault of the
   *     row's, and all that follow would fare the same
   */
  private void write(BulkRun.Done<Asked, Answer> done, ResultFile results, BulkCounts counts)
      throws IOException {
    Answer answer =
        done.answer() == null
            ? new Answer(null, Ending.NO_ANSWER, "Nobody answered.")
            : done.answer();
    String requestId = done.asked() == null ? null : done.asked().requestId;
    InferenceResult result = answer.result;
    if (result != null) {
      try {
        results.append(ResultLine.line(done.row(), done.id(), order.model, requestId, result));
        counts.answered(result.getBatchSize());
        return;
      } catch (Refusal e) {
        answer = new Answer(null, e.code(), e.message());
      }
    }
    if (done.exhausted() && !Ending.isRowsOwn(answer.code)) {
      results.flush();
      throw CommandException.failed(
          "row %d was asked %d times in vain: %s: %s. %s"
              .formatted(done.row(), ATTEMPTS, answer.code, answer.message, counts.goOn()));
    }
    counts.failed();
    results.append(ResultLine.error(done.row(), done.id(), requestId, answer.code, answer.message));
  }

  private int report(BulkCounts counts, String name, TargetSpec model, Path out) {
    output.out().println(counts.summary(name, model.getTarget(), out));
    ObjectNode json = counts.json();
    json.put("repeats", run.repeats()).put("model", model.getName());
    json.put("model_version", model.getVersion()).put("out", out.toString());
    output.writeJson(json);
    if (counts.anyFailed()) {
      throw CommandException.failed(counts.failures(out));
    }
    return ExitCode.OK;
  }
}
