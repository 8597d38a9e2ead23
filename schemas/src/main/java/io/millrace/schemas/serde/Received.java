package io.millrace.schemas.serde;

import org.jspecify.annotations.Nullable;

/**
 * A record as it came from a topic, with its bytes for the case that it is rejected.
 *
 * @param record what was read; null if and only if it could not be
 * @param bytes the value, whole
 * @param problem why it could not be read; null if it could
 */
public record Received<T>(@Nullable T record, byte[] bytes, @Nullable Undecodable problem) {}
