package io.millrace.topologies.targets;

import com.networknt.schema.JsonSchema;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import org.jspecify.annotations.Nullable;

/**
 * A registered target, ready for use on the request path.
 *
 * @param spec as it was registered
 * @param argumentsSchema its arguments' JSON Schema, compiled; null if any JSON object will do
 */
public record Target(TargetSpec spec, @Nullable JsonSchema argumentsSchema) {
  /** The target's name with its kind, such as {@code tool:search}. */
  public String name() {
    return spec.getTarget();
  }

  /**
   * Whether its answers may be served again and shared: declared cacheable and idempotent, and
   * neither streamed nor dependent on what was asked before.
   */
  public boolean cacheable() {
    Long ttl = spec.getCacheTtlMs();
    return ttl != null && ttl > 0 && spec.getIdempotent() && !streamed() && !sequenced();
  }

  /** Whether its answers come in chunks. */
  public boolean streamed() {
    return streamed(spec);
  }

  /** Whether the answers of a target come in chunks. */
  public static boolean streamed(TargetSpec spec) {
    ModelSpec model = spec.getModel();
    return model != null && model.getStreamed();
  }

  /** Whether a second attempt may be sent beside the first, as far as its answers go. */
  public static boolean hedgeable(TargetSpec spec) {
    ModelSpec model = spec.getModel();
    return model == null || (!model.getStreamed() && !model.getSequenced());
  }

  /** Whether it is a model that keeps state between the requests of a sequence. */
  public boolean sequenced() {
    ModelSpec model = spec.getModel();
    return model != null && model.getSequenced();
  }

  /**
   * Whether it may be run ahead of calls that are likely: declared so and without any effect, and
   * its answers are kept for the calls that come.
   */
  public boolean speculative() {
    return spec.getSpeculate() && spec.getReadOnly() && cacheable();
  }
}
