package io.millrace.inference.runtime;

import io.millrace.events.Tensor;
import io.millrace.inference.ModelException;
import io.millrace.inference.batch.Lane;
import io.millrace.inference.batch.logic.BatchPolicy;
import io.millrace.inference.onnx.OnnxFile;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.repository.ModelConfig;
import io.millrace.inference.repository.Signature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;

/** A model with its lane, without a worker around it; what it begins with can be held up. */
final class Served implements AutoCloseable {

  final ModelSession session;
  final Lane<Request> lane;
  private final CountDownLatch gate;

  Served(Path directory, OnnxGraph graph, String config, int runs, boolean open) {
    ModelConfig read = ModelConfig.text(config, "config.pbtxt");
    Path file = directory.resolve("model.onnx");
    try {
      graph.write(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Signature signature = Signature.of(OnnxFile.read(file), read);
    session =
        ModelSession.open(
            "model:test@1", file, signature, Execution.of(read, signature), new Devices(false, 0));
    BatchPolicy policy = Execution.batching(read, signature, "balanced");
    gate = new CountDownLatch(open ? 0 : 1);
    lane =
        new Lane<>(
            "model:test@1",
            runs,
            policy,
            () -> {
              awaitGate();
              return new SessionRuns(session);
            },
            late -> late.fail(new ModelException("DEADLINE_EXCEEDED", "late", false)));
  }

  Served(Path directory, OnnxGraph graph) {
    this(directory, graph, "", 1, true);
  }

  private void awaitGate() {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets the threads begin, so that what waits is one batch. */
  void begin() {
    gate.countDown();
  }

  Request submit(List<Tensor> inputs, String... outputs) {
    Inputs checked = Inputs.check("model:test@1", session.signature(), inputs);
    Request request = new Request(checked, Set.of(outputs));
    lane.submit(request, checked.rows(), checked.shape(), 0, Long.MAX_VALUE);
    return request;
  }

  Request.Answer run(List<Tensor> inputs, String... outputs) {
    return answer(submit(inputs, outputs));
  }

  static Request.Answer answer(Request request) {
    try {
      return request.answer().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ModelException model) {
        throw model;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    begin();
    lane.close();
    session.close();
  }
}
