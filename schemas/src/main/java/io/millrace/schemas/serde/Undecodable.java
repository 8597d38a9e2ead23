package io.millrace.schemas.serde;

/**
 * Why a record could not be read.
 *
 * @param reason stable name: {@code UNDECODABLE}, {@code SCHEMA_UNKNOWN} or {@code
 *     REGISTRY_UNAVAILABLE}
 * @param message for people
 */
public record Undecodable(String reason, String message) {}
