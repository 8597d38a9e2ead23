package io.millrace.topologies.targets;

import com.networknt.schema.JsonSchema;
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

  /** Whether its answers may be served again and shared: declared cacheable and idempotent. */
  public boolean cacheable() {
    Long ttl = spec.getCacheTtlMs();
    return ttl != null && ttl > 0 && spec.getIdempotent();
  }

  /**
   * Whether it may be run ahead of calls that are likely: declared so and without any effect, and
   * its answers are kept for the calls that come.
   */
  public boolean speculative() {
    return spec.getSpeculate() && spec.getReadOnly() && cacheable();
  }
}
