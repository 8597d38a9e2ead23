package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.TargetSpec;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.inference.InferenceJson;
import io.millrace.platform.infer.ResultLine;
import io.millrace.platform.infer.logic.PlainInputs;
import io.millrace.schemas.identity.Fingerprint;
import io.millrace.schemas.identity.Ids;
import io.millrace.schemas.topics.InferenceTopics;
import io.millrace.schemas.topics.Topic;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace infer}: runs a model on one input, or on every row of a file. */
@Command(
    name = "infer",
    mixinStandardHelpOptions = true,
    description = "Run a model on one input, or with --out on every line of a file.",
    footer = {
      "",
      "An input is the JSON of the Open Inference Protocol, {\"inputs\": [{\"name\", \"shape\",",
      "\"datatype\", \"data\"}]}, or, where that leaves no doubt, {\"NAME\": [values], ...}.",
      "",
      "With --out each line of the file is an input. The results are in the order of the rows, a",
      "line for each; a row that fails has \"error\" in its line, and the exit code is 1 then. A run",
      "that was interrupted goes on where it stopped when the same command is given again."
    })
final class InferCommand implements Callable<Integer> {
  /**
   * Longest JSON of one request: a tensor's bytes are about a third of what JSON needs for them.
   */
  static final int JSON_BYTES_MAX = 4 * Topic.TENSOR_BYTES_MAX;

  private static final int SHOWN_CHARS_MAX = 1_000;

  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Parameters(index = "0", paramLabel = "MODEL", description = "Name of the model.")
  private String model;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "The input, or with --out the inputs; - is standard input.")
  private String file;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Run every line of the input, at low priority, and write the results there.")
  private @Nullable Path out;

  @Option(
      names = "--restart",
      description = "With --out: begin anew, not where an earlier run stopped.")
  private boolean restart;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      defaultValue = "64",
      description = "With --out: most rows to ask at once (${DEFAULT-VALUE}).")
  private int inFlight;

  @Option(
      names = "--model-version",
      paramLabel = "VERSION",
      description =
          "Version of the model; default: the newest that is ready, with --out that is declared.")
  private @Nullable String version;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      description =
          "Longest time for each input, such as 500ms or 2m; default: 60s, with --out 5m.")
  private @Nullable Duration deadline;

  @Option(
      names = "--tenant",
      defaultValue = "default",
      description = "Who it is for (${DEFAULT-VALUE}).")
  private String tenant;

  @Override
  public Integer call() throws IOException {
    if (inFlight < 1 || inFlight > BulkInference.IN_FLIGHT_MAX) {
      throw CommandException.usage(
          "--in-flight: expected 1 to %d, but %d is given"
              .formatted(BulkInference.IN_FLIGHT_MAX, inFlight));
    }
    if (out == null && restart) {
      throw CommandException.usage("--restart needs --out: one input has nothing to go on with");
    }
    if (out != null) {
      try (InputStream in = open();
          Cluster cluster = connection.connect()) {
        return new BulkInference(
                cluster,
                output,
                new BulkInference.Order(
                    model,
                    version,
                    tenant,
                    deadline == null ? BulkInference.DEADLINE : deadline,
                    inFlight,
                    restart))
            .run(file, size(), in, out);
      }
    }
    byte[] json;
    try (InputStream in = open()) {
      json = in.readNBytes(JSON_BYTES_MAX + 1);
    }
    if (json.length > JSON_BYTES_MAX) {
      throw CommandException.usage(
          "%s has more than %d MiB, the most that one request may have; a file of many inputs needs --out"
              .formatted(file, JSON_BYTES_MAX >> 20));
    }
    return one(json);
  }

  private int one(byte[] json) {
    try (Cluster cluster = connection.connect();
        Progress progress = new Progress(output)) {
      TargetSpec spec = ModelLookup.versions(cluster, progress, model, version).get(0);
      InferenceJson.Asked asked;
      try {
        asked = InferenceJson.read(spec, PlainInputs.request(spec, json), Topic.TENSOR_BYTES_MAX);
      } catch (Refusal e) {
        throw CommandException.usage(file + ": " + e.message() + manyHint(json));
      }
      Instant now = Instant.now();
      String id = Ids.v7(now.toEpochMilli(), new SecureRandom());
      Duration time = deadline == null ? Duration.ofSeconds(60) : deadline;
      InferenceResult result =
          new Exchange<>(
                  cluster,
                  InferenceTopics.REQUESTS,
                  InferenceTopics.RESULTS,
                  InferenceResult::getOperationId)
              .ask(
                  id,
                  Fingerprint.ofOperation(id),
                  partition -> request(asked, id, now, time, partition),
                  time.plus(CallCommand.GRACE),
                  progress);
      try (LargeOutputs outputs = new LargeOutputs(cluster)) {
        boolean unused = outputs.complete(result);
      }
      progress.close();
      return report(asked.id(), result);
    }
  }

  /** Several lines of JSON are most likely rows. */
  private static String manyHint(byte[] json) {
    for (int i = 0; i < json.length - 2; i++) {
      if (json[i] == '}' && json[i + 1] == '\n' && json[i + 2] == '{') {
        return "; a file with an input on each line needs --out FILE for the results";
      }
    }
    return "";
  }

  private InferenceRequest request(
      InferenceJson.Asked asked, String id, Instant now, Duration time, int replyPartition) {
    return asked
        .event()
        .setId(id)
        .setTenant(tenant)
        .setOccurredAt(now)
        .setModelVersion(version)
        .setDeadlineAt(now.plus(time))
        .setReplyPartition(replyPartition)
        .build();
  }

  private int report(@Nullable String requestId, InferenceResult result) {
    if (result.getOutcome() != Outcome.OK) {
      throw CommandException.failed(
          CallCommand.describe(model, result.getOutcome(), result.getFailure()));
    }
    ObjectNode json;
    try {
      json = ResultLine.answer(model, requestId, result);
    } catch (Refusal e) {
      throw CommandException.failed(model + " answered, but " + e.message());
    }
    output.writeJson(json);
    PrintWriter people = output.out();
    Table table = new Table("OUTPUT", "DATATYPE", "SHAPE", "DATA");
    for (JsonNode tensor : json.path("outputs")) {
      String data = tensor.path("data").toString();
      table.row(
          tensor.path("name").asText(),
          tensor.path("datatype").asText(),
          tensor.path("shape").toString(),
          data.length() <= SHOWN_CHARS_MAX ? data : data.substring(0, SHOWN_CHARS_MAX) + "…");
    }
    table.print(people, output.ansi(), output.terminal().width());
    people.println(
        "%s version %s, %s: %.1f ms, of these queue %.1f, batch %.1f, compute %.1f (batch of %d%s)"
            .formatted(
                model,
                result.getModelVersion(),
                result.getServedBy().name().toLowerCase(java.util.Locale.ROOT),
                result.getLatencyMs(),
                result.getQueueMs(),
                result.getBatchMs(),
                result.getComputeMs(),
                result.getBatchSize(),
                result.getDevice().isEmpty() ? "" : " on " + result.getDevice()));
    people.flush();
    return ExitCode.OK;
  }

  private InputStream open() throws IOException {
    if (file.equals("-")) {
      return System.in;
    }
    try {
      if (Files.isDirectory(Path.of(file))) {
        throw CommandException.usage(file + ": is a directory; expected a file");
      }
      return Files.newInputStream(Path.of(file));
    } catch (NoSuchFileException e) {
      throw CommandException.usage(file + ": there is no such file");
    }
  }

  /** Bytes of the input; 0 where that cannot be told. */
  private long size() throws IOException {
    return file.equals("-") ? 0 : Files.size(Path.of(file));
  }
}
