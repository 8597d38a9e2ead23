package io.millrace.platform.registry;

/** Whether a subject takes writes. */
enum RegistryMode {
  READWRITE,
  READONLY,
  /** Read-only for every subject, whatever its own mode says; meaningful globally only. */
  READONLY_OVERRIDE
}
