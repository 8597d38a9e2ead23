package io.millrace.inference.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts models on the GPU where there is one that works, and on the CPU otherwise.
 *
 * <p>What ONNX Runtime says to be available is what it was built with; what works is found out by
 * trying.
 */
public final class Devices {

  private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

  /** What a model runs on that is on no GPU. */
  public static final String CPU = "cpu";

  private final boolean cuda;
  private final int id;
  private boolean broken;

  /**
   * Tries nothing yet.
   *
   * @param cuda whether a GPU is to be tried
   * @param id number of the GPU, from 0
   */
  public Devices(boolean cuda, int id) {
    this.cuda = cuda;
    this.id = id;
  }

  /** Adds the device to the options; returns its name, {@code cuda:0} or {@code cpu}. */
  synchronized String add(SessionOptions options) {
    if (!cuda || broken) {
      return CPU;
    }
    try (OrtCUDAProviderOptions provider = new OrtCUDAProviderOptions(id)) {
      options.addCUDA(provider);
      return "cuda:" + id;
    } catch (OrtException | UnsatisfiedLinkError e) {
      failed(e);
      return CPU;
    }
  }

  /** From now on models run on the CPU. */
  synchronized void failed(Throwable e) {
    broken = true;
    LOG.info(
        "Models run on the CPU: GPU {} cannot be used ({})",
        id,
        String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
  }
}
