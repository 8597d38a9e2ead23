package io.millrace.inference;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.batch.Lane;
import io.millrace.inference.batch.logic.BatchPolicy;
import io.millrace.inference.batch.logic.BatchQueue.Slice;
import io.millrace.inference.onnx.OnnxFile;
import io.millrace.inference.repository.Contract;
import io.millrace.inference.repository.ModelConfig;
import io.millrace.inference.repository.Signature;
import io.millrace.inference.runtime.Devices;
import io.millrace.inference.runtime.Elements;
import io.millrace.inference.runtime.Execution;
import io.millrace.inference.runtime.Inputs;
import io.millrace.inference.runtime.MemoryBudget;
import io.millrace.inference.runtime.ModelFile;
import io.millrace.inference.runtime.ModelSession;
import io.millrace.inference.runtime.Request;
import io.millrace.inference.runtime.SessionRuns;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fetches, verifies, loads and warms models. */
final class ModelLoader {

  private static final Logger LOG = LoggerFactory.getLogger(ModelLoader.class);
  private static final int RUNS_ON_GPU = 2;

  /** A larger model has one session, however many runs: its weights would be there for each. */
  private static final long APART_BYTES_MAX = 256L << 20;

  private final Devices devices;
  private final MemoryBudget budget;
  private final int runs;

  /**
   * A loader.
   *
   * @param runs how many runs of a model at once on the CPU, where its configuration does not say
   */
  ModelLoader(Devices devices, MemoryBudget budget, int runs) {
    this.devices = devices;
    this.budget = budget;
    this.runs = runs;
  }

  /**
   * Loads what is declared; blocks.
   *
   * @throws ModelException if it cannot be had, is not what was declared, or does not do
   */
  LoadedModel load(TargetSpec declaration) {
    ModelSpec spec = declaration.getModel();
    if (spec == null) {
      throw ModelException.invalid("%s declares no model".formatted(declaration.getTarget()));
    }
    long begun = System.nanoTime();
    String name = declaration.getTarget();
    Path file = ModelFile.fetch(spec.getUri(), spec.getSha256());
    ModelConfig config = ModelConfig.json(spec.getConfig());
    Contract contract = Contract.of(OnnxFile.read(file), config);
    Signature signature = declared(spec, contract);
    Execution execution = Execution.of(config, signature);
    BatchPolicy batching = Execution.batching(config, signature, spec.getObjective());
    long share = budget.take(name, size(file));
    ModelSession session = null;
    try {
      session = ModelSession.open(name, file, signature, execution, devices);
      int atOnce = atOnce(session);
      share += widen(session, atOnce, size(file));
      warm(session, config);
      LoadedModel loaded =
          model(
              declaration,
              session,
              contract,
              atOnce,
              batching,
              config.batching().timeoutMicros() * 1_000,
              share);
      LOG.info(
          "{} is ready on {} after {} ms; batches of up to {}",
          name,
          session.device(),
          (System.nanoTime() - begun) / 1_000_000,
          Math.max(1, signature.batchMax()));
      return loaded;
    } catch (RuntimeException e) {
      if (session != null) {
        session.close();
      }
      budget.give(share);
      throw e;
    }
  }

  private int atOnce(ModelSession session) {
    int said = session.execution().runs();
    if (said != 0) {
      return said;
    }
    return session.device().equals(Devices.CPU) ? runs : RUNS_ON_GPU;
  }

  /**
   * Gives each run that may be under way a session of its own, if they are not to share one and the
   * memory is there.
   *
   * @return what that takes of the budget
   */
  private long widen(ModelSession session, int atOnce, long fileBytes) {
    boolean apart =
        !session.execution().shared()
            && session.device().equals(Devices.CPU)
            && fileBytes <= APART_BYTES_MAX;
    long share = 0;
    while (apart && session.width() < atOnce) {
      long more = budget.takeSpare(fileBytes);
      if (more == 0) {
        LOG.info(
            "{} has {} sessions for {} runs at once; more would leave less than three quarters of the memory for other models (memory.bytes)",
            session.name(),
            session.width(),
            atOnce);
        break;
      }
      try {
        session.widen();
      } catch (RuntimeException e) {
        budget.give(more);
        LOG.warn("{} runs in {} sessions: {}", session.name(), session.width(), e.toString());
        break;
      }
      share += more;
    }
    return share;
  }

  private LoadedModel model(
      TargetSpec declaration,
      ModelSession session,
      Contract contract,
      int atOnce,
      BatchPolicy batching,
      long waitNanos,
      long share) {
    Lane<Request> lane =
        new Lane<>(
            declaration.getTarget(),
            atOnce,
            batching,
            () -> new SessionRuns(session),
            request ->
                request.fail(
                    new ModelException(
                        "DEADLINE_EXCEEDED",
                        "The deadline passed while the request waited for its batch; it did not run",
                        false)));
    return new LoadedModel(
        declaration, session, contract, lane, waitNanos, () -> budget.give(share));
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw ModelException.unavailable("The model %s cannot be read: %s".formatted(file, e));
    }
  }

  /** The declared signature holds where there is one, if the file has it. */
  private static Signature declared(ModelSpec spec, Contract contract) {
    Signature derived = contract.asked();
    Signature model = contract.model();
    if (spec.getInputs().isEmpty() && spec.getOutputs().isEmpty()) {
      return model;
    }
    if (!Set.copyOf(spec.getInputs()).equals(Set.copyOf(derived.inputs()))
        || !Set.copyOf(spec.getOutputs()).equals(Set.copyOf(derived.outputs()))) {
      throw ModelException.invalid(
          "The declared signature is not that of the file and its configuration, which have inputs %s and outputs %s; apply the model again"
              .formatted(derived.inputs(), derived.outputs()));
    }
    return new Signature(
        model.inputs(),
        model.outputs(),
        derived.batchMax() == 0 ? 0 : Math.max(0, spec.getBatchMax()));
  }

  /** Runs it with zeros, so that the first request finds it as fast as the second. */
  private static void warm(ModelSession session, ModelConfig config) {
    Set<Integer> sizes = new TreeSet<>(config.warmups());
    boolean asked = !sizes.isEmpty();
    int most = Math.max(1, session.signature().batchMax());
    if (!asked) {
      sizes.addAll(List.of(1, most));
    }
    try {
      for (int instance = 0; instance < session.width(); instance++) {
        try (SessionRuns runs = new SessionRuns(session)) {
          for (int rows : sizes) {
            Request request = new Request(zeros(session, Math.min(rows, most)), Set.of());
            runs.run(List.of(new Slice<>(request, 0, request.inputs().rows())));
            request.answer().join();
          }
        }
      }
    } catch (CompletionException e) {
      String why = e.getCause() == null ? e.toString() : e.getCause().getMessage();
      if (asked) {
        throw ModelException.invalid("The warm-up that its configuration asks for failed: " + why);
      }
      LOG.warn("{} did not run on zeros, which may not suit it: {}", session.name(), why);
    }
  }

  private static Inputs zeros(ModelSession session, int rows) {
    boolean batched = session.signature().batchMax() > 0;
    List<Tensor> tensors = new ArrayList<>();
    for (TensorSignature input : session.signature().inputs()) {
      List<Long> shape = new ArrayList<>();
      for (long length : input.getShape()) {
        shape.add(batched && shape.isEmpty() ? rows : length == -1 ? 1 : length);
      }
      int elementBytes =
          input.getDatatype() == TensorDatatype.BYTES
              ? Integer.BYTES
              : Elements.bytes(input.getDatatype());
      ByteBuffer data = ByteBuffer.allocate(Math.toIntExact(Elements.count(shape) * elementBytes));
      tensors.add(new Tensor(input.getName(), input.getDatatype(), shape, data));
    }
    return Inputs.check(session.name(), session.signature(), tensors);
  }
}
