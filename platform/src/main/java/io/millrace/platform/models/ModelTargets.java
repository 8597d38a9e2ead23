package io.millrace.platform.models;

import io.millrace.events.ModelSpec;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.inference.repository.Contract;
import io.millrace.inference.repository.ModelRepository;
import io.millrace.inference.repository.SequencePlan;
import io.millrace.schemas.serde.AvroSafety;

/** Words the declaration of a version of a model, as it lies in a repository, as a target. */
public final class ModelTargets {
  static {
    AvroSafety.establish();
  }

  /** How long an answer is served again where the configuration enables its cache. */
  public static final long CACHE_TTL_MS = 300_000;

  private ModelTargets() {}

  /** The key of a version's target, such as {@code model:sentiment@3}. */
  public static String key(String model, long version) {
    return "model:" + model + "@" + version;
  }

  /**
   * The target of a version; its id and time are not set.
   *
   * @param pool whose workers are to run it
   * @param sha256 of its file
   */
  public static TargetSpec target(ModelRepository.Version version, String pool, String sha256) {
    Contract contract = version.contract();
    SequencePlan sequence = contract.sequence();
    boolean sequences = sequence != null;
    boolean cached = version.config().cached() && !sequences && contract.stream() == null;
    return TargetSpec.newBuilder()
        .setTarget(key(version.model(), version.version()))
        .setKind(TargetKind.MODEL)
        .setName(version.model())
        .setVersion(Long.toString(version.version()))
        .setPool(pool)
        .setIdempotent(!sequences)
        .setReadOnly(!sequences)
        .setCacheTtlMs(cached ? CACHE_TTL_MS : null)
        .setModel(
            ModelSpec.newBuilder()
                .setUri(version.file().toUri().toString())
                .setSha256(sha256)
                .setConfig(version.config().json().toString())
                .setInputs(contract.asked().inputs())
                .setOutputs(contract.asked().outputs())
                .setBatchMax(contract.asked().batchMax())
                .setStreamed(contract.stream() != null)
                .setSequenced(sequences)
                .setSequenceIdleMs(sequence == null ? 0 : sequence.idleMillis())
                .build())
        .build();
  }
}
