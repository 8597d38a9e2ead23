package io.millrace.platform.registry;

import org.jspecify.annotations.Nullable;

/**
 * One change of the registry's state, as it stands in the {@code _schemas} topic.
 *
 * <p>The topic is compacted: the last record of a key is what holds.
 */
sealed interface RegistryRecord {

  /**
   * A version of a subject.
   *
   * @param version from 1
   * @param id from 1, the same for one schema whatever the subject
   * @param schema canonical Avro JSON
   * @param deleted whether the version is soft-deleted: hidden, its id still readable
   */
  record SchemaVersion(String subject, int version, int id, String schema, boolean deleted)
      implements RegistryRecord {

    SchemaVersion softDeleted() {
      return new SchemaVersion(subject, version, id, schema, true);
    }
  }

  /** A version that is gone for good. */
  record VersionRemoved(String subject, int version) implements RegistryRecord {}

  /**
   * A compatibility level.
   *
   * @param subject null for the global one
   * @param level null when it is unset again
   */
  record Compatibility(@Nullable String subject, @Nullable CompatibilityLevel level)
      implements RegistryRecord {}

  /**
   * A mode.
   *
   * @param subject null for the global one
   * @param mode null when it is unset again
   */
  record Mode(@Nullable String subject, @Nullable RegistryMode mode) implements RegistryRecord {}

  /**
   * The highest id that was ever given out. Written before versions are removed for good, because
   * compaction then forgets their ids, and an id that came back with another schema would make
   * readers decode old data wrongly.
   */
  record LastId(int id) implements RegistryRecord {}
}
