package io.millrace.schemas.serde;

/**
 * What stands in the place of a record that could not be read.
 *
 * @param bytes the record's value, whole
 * @param reason stable name: {@code UNDECODABLE}, {@code SCHEMA_UNKNOWN} or {@code
 *     REGISTRY_UNAVAILABLE}
 * @param message why, for people
 */
public record Undecodable(byte[] bytes, String reason, String message) {}
