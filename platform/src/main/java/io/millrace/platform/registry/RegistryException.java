package io.millrace.platform.registry;

import java.util.List;

/**
 * A request that the registry refuses, with Confluent's error code and a message for its sender.
 */
final class RegistryException extends RuntimeException {

  private final int status;
  private final int code;

  RegistryException(int status, int code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** The HTTP status. */
  int status() {
    return status;
  }

  /** The {@code error_code} of the answer's body. */
  int code() {
    return code;
  }

  static RegistryException http(int status, String message) {
    return new RegistryException(status, status, message);
  }

  static RegistryException subjectNotFound(String subject) {
    return new RegistryException(404, 40401, "Subject '" + subject + "' not found.");
  }

  static RegistryException versionNotFound(int version) {
    return new RegistryException(404, 40402, "Version " + version + " not found.");
  }

  static RegistryException schemaNotFound(String which) {
    return new RegistryException(404, 40403, "Schema " + which + " not found.");
  }

  static RegistryException subjectSoftDeleted(String subject) {
    return new RegistryException(
        404,
        40404,
        "Subject '" + subject + "' was soft deleted. Set permanent=true to delete permanently.");
  }

  static RegistryException subjectNotSoftDeleted(String subject) {
    return new RegistryException(
        404,
        40405,
        "Subject '" + subject + "' was not deleted first before being permanently deleted.");
  }

  static RegistryException versionSoftDeleted(String subject, int version) {
    return new RegistryException(
        404,
        40406,
        "Subject '"
            + subject
            + "' Version "
            + version
            + " was soft deleted. Set permanent=true to delete permanently.");
  }

  static RegistryException versionNotSoftDeleted(String subject, int version) {
    return new RegistryException(
        404,
        40407,
        "Subject '"
            + subject
            + "' Version "
            + version
            + " was not deleted first before being permanently deleted.");
  }

  static RegistryException noSubjectCompatibility(String subject) {
    return new RegistryException(
        404,
        40408,
        "Subject '" + subject + "' does not have subject-level compatibility configured.");
  }

  static RegistryException noSubjectMode(String subject) {
    return new RegistryException(
        404, 40409, "Subject '" + subject + "' does not have subject-level mode configured.");
  }

  static RegistryException incompatible(String subject, List<String> problems) {
    return new RegistryException(
        409,
        409,
        "Schema being registered is incompatible with an earlier schema for subject '"
            + subject
            + "': "
            + String.join("; ", problems));
  }

  static RegistryException invalidSchema(String why) {
    return new RegistryException(422, 42201, "Invalid schema: " + why);
  }

  static RegistryException invalidVersion(String given) {
    return new RegistryException(
        422,
        42202,
        "The specified version '"
            + given
            + "' is not a valid version id. Allowed values are between [1, 2^31-1] and the string"
            + " \"latest\".");
  }

  static RegistryException invalidCompatibility(String given) {
    return new RegistryException(
        422,
        42203,
        "Invalid compatibility level '"
            + given
            + "'. Valid values are none, backward, forward, full, backward_transitive,"
            + " forward_transitive, and full_transitive.");
  }

  static RegistryException invalidMode(String given) {
    return new RegistryException(
        422,
        42204,
        "Invalid mode '"
            + given
            + "'. Valid values are READWRITE, READONLY and, globally, READONLY_OVERRIDE;"
            + " this registry has no IMPORT mode.");
  }

  static RegistryException readOnly(String subject) {
    return new RegistryException(422, 42205, "Subject '" + subject + "' is in read-only mode.");
  }

  static RegistryException invalidSubject(String subject) {
    return new RegistryException(
        422,
        42208,
        "The specified subject '"
            + subject
            + "' is not a valid subject: it must be 1 to "
            + SubjectStore.MAX_SUBJECT_LENGTH
            + " characters long and have no control characters.");
  }

  static RegistryException backend(String message) {
    return new RegistryException(500, 50001, "Error in the backend data store: " + message);
  }
}
