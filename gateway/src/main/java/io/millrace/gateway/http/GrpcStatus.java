package io.millrace.gateway.http;

/** The statuses of gRPC that a refusal can become, with their numbers. */
enum GrpcStatus {
  OK(0),
  CANCELLED(1),
  INVALID_ARGUMENT(3),
  DEADLINE_EXCEEDED(4),
  NOT_FOUND(5),
  ALREADY_EXISTS(6),
  PERMISSION_DENIED(7),
  RESOURCE_EXHAUSTED(8),
  UNIMPLEMENTED(12),
  INTERNAL(13),
  UNAVAILABLE(14),
  UNAUTHENTICATED(16);

  private final int number;

  GrpcStatus(int number) {
    this.number = number;
  }

  /** As it is sent. */
  int number() {
    return number;
  }

  /** What says the same as a refusal. */
  static GrpcStatus of(Refusal refusal) {
    return switch (refusal.status()) {
      case 400, 406, 415, 431 -> INVALID_ARGUMENT;
      case 401 -> UNAUTHENTICATED;
      case 403, 421 -> PERMISSION_DENIED;
      // A path is a method here, and there is no such method.
      case 404 -> refusal.code().equals("PATH_UNKNOWN") ? UNIMPLEMENTED : NOT_FOUND;
      case 405, 501 -> UNIMPLEMENTED;
      case 408, 504 -> DEADLINE_EXCEEDED;
      case 409 -> refusal.code().equals("OPERATION_ID_REUSED") ? ALREADY_EXISTS : CANCELLED;
      case 413, 429 -> RESOURCE_EXHAUSTED;
      case 503 -> UNAVAILABLE;
      default -> INTERNAL;
    };
  }
}
