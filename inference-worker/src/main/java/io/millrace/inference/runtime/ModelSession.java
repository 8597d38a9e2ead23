package io.millrace.inference.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.repository.Signature;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model version in ONNX Runtime, in one session or several. Any thread may run it; it must be
 * closed, since the garbage collector knows nothing of what it holds.
 */
public final class ModelSession implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ModelSession.class);

  private static final Set<TensorDatatype> UNSIGNED =
      EnumSet.of(TensorDatatype.UINT16, TensorDatatype.UINT32, TensorDatatype.UINT64);

  private final String name;
  private final Signature signature;
  private final Execution execution;
  private final Path file;
  private final String device;
  private final List<OrtSession> instances = new ArrayList<>();
  private int taken;

  private ModelSession(
      String name,
      Path file,
      Signature signature,
      Execution execution,
      OrtSession session,
      String device) {
    this.name = name;
    this.file = file;
    this.signature = signature;
    this.execution = execution;
    this.device = device;
    instances.add(session);
  }

  /**
   * Loads a model.
   *
   * @param name of the model version, for messages
   * @throws ModelException MODEL_INVALID if ONNX Runtime does not take it
   */
  public static ModelSession open(
      String name, Path file, Signature signature, Execution execution, Devices devices) {
    try {
      if (signature.inputs().stream().anyMatch(input -> UNSIGNED.contains(input.getDatatype()))) {
        UnsignedTensors.require();
      }
      return open(name, file, signature, execution, devices, execution.cpuOnly());
    } catch (OrtException | LinkageError e) {
      throw ModelException.invalid(
          "ONNX Runtime does not load %s: %s".formatted(name, e.getMessage()));
    }
  }

  private static ModelSession open(
      String name,
      Path file,
      Signature signature,
      Execution execution,
      Devices devices,
      boolean cpuOnly)
      throws OrtException {
    String device = Devices.CPU;
    try (SessionOptions options = options(execution)) {
      if (!cpuOnly) {
        device = devices.add(options);
      }
      OrtSession session = Environment.get().createSession(file.toString(), options);
      return new ModelSession(name, file, signature, execution, session, device);
    } catch (OrtException e) {
      if (device.equals(Devices.CPU)) {
        throw e;
      }
      LOG.warn("{} runs on the CPU: {} does not take it ({})", name, device, e.getMessage());
      return open(name, file, signature, execution, devices, true);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the caller closes them
  private static SessionOptions options(Execution execution) throws OrtException {
    SessionOptions options = new SessionOptions();
    options.setIntraOpNumThreads(execution.intraThreads());
    options.setInterOpNumThreads(execution.interThreads());
    options.setExecutionMode(
        execution.parallel()
            ? SessionOptions.ExecutionMode.PARALLEL
            : SessionOptions.ExecutionMode.SEQUENTIAL);
    options.setOptimizationLevel(
        switch (execution.graphLevel()) {
          case 0 -> SessionOptions.OptLevel.NO_OPT;
          case 1 -> SessionOptions.OptLevel.BASIC_OPT;
          default -> SessionOptions.OptLevel.ALL_OPT;
        });
    options.setCPUArenaAllocator(execution.arena());
    options.setMemoryPatternOptimization(execution.pattern());
    for (Map.Entry<String, String> entry : execution.session().entrySet()) {
      options.addConfigEntry(entry.getKey(), entry.getValue());
    }
    return options;
  }

  /** Name of the model version. */
  public String name() {
    return name;
  }

  /** How it is called. */
  public Signature signature() {
    return signature;
  }

  /** How it is run. */
  public Execution execution() {
    return execution;
  }

  /** What it runs on: {@code cpu} or {@code cuda:0}. */
  public String device() {
    return device;
  }

  /**
   * Opens one more session, on the CPU.
   *
   * @throws ModelException MODEL_INVALID if ONNX Runtime does not take the model any more
   */
  public synchronized void widen() {
    try (SessionOptions options = options(execution)) {
      instances.add(Environment.get().createSession(file.toString(), options));
    } catch (OrtException e) {
      throw ModelException.invalid(
          "ONNX Runtime does not load %s again: %s".formatted(name, e.getMessage()));
    }
  }

  /** How many sessions it has. */
  public synchronized int width() {
    return instances.size();
  }

  /** One of its sessions, each in turn. */
  synchronized OrtSession instance() {
    return instances.get(taken++ % instances.size());
  }

  /** Unloads the model; nothing may run it any more. */
  @Override
  public synchronized void close() {
    for (OrtSession session : instances) {
      try {
        session.close();
      } catch (OrtException e) {
        LOG.warn("{} may not have been unloaded wholly", name, e);
      }
    }
  }
}
