package io.millrace.platform.registry;

import io.millrace.platform.registry.RegistryRecord.Compatibility;
import io.millrace.platform.registry.RegistryRecord.LastId;
import io.millrace.platform.registry.RegistryRecord.Mode;
import io.millrace.platform.registry.RegistryRecord.SchemaVersion;
import io.millrace.platform.registry.RegistryRecord.VersionRemoved;
import io.millrace.platform.registry.SubjectStore.Visibility;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a request to change the registry answers and which records it makes, from the state
 * alone.
 *
 * <p>Changes nothing itself. The caller lets one request in at a time and applies the records
 * before the next.
 */
final class SubjectCommands {

  private final SubjectStore store;

  SubjectCommands(SubjectStore store) {
    this.store = store;
  }

  /**
   * What to answer and what to write first.
   *
   * @param records in the order to write; empty when nothing changes
   */
  record Decision<T>(T answer, List<RegistryRecord> records) {}

  /** Registers a schema; answers its version, which is an old one when the subject has it. */
  Decision<SchemaVersion> register(String subject, Schema schema) {
    requireValid(subject);
    String text = AvroText.canonical(schema);
    List<SchemaVersion> live = store.versions(subject, Visibility.LIVE);
    Optional<SchemaVersion> same = live.stream().filter(v -> v.schema().equals(text)).findFirst();
    if (same.isPresent()) {
      return new Decision<>(same.get(), List.of());
    }
    requireWritable(subject);
    List<String> problems = effectiveLevel(subject).problems(schema, parsed(live));
    if (!problems.isEmpty()) {
      throw RegistryException.incompatible(subject, problems);
    }
    List<SchemaVersion> all = store.versions(subject, Visibility.WITH_DELETED);
    int number = all.isEmpty() ? 1 : all.get(all.size() - 1).version() + 1;
    int id = store.idOf(text).orElseGet(() -> store.lastId() + 1);
    SchemaVersion version = new SchemaVersion(subject, number, id, text, false);
    return new Decision<>(version, List.of(version));
  }

  /** Deletes a subject; answers the version numbers that it deleted. */
  Decision<List<Integer>> deleteSubject(String subject, boolean permanent) {
    List<SchemaVersion> all = store.versions(subject, Visibility.WITH_DELETED);
    if (all.isEmpty()) {
      throw RegistryException.subjectNotFound(subject);
    }
    requireWritable(subject);
    List<SchemaVersion> live = all.stream().filter(Visibility.LIVE::shows).toList();
    List<RegistryRecord> records = new ArrayList<>();
    if (permanent) {
      if (!live.isEmpty()) {
        throw RegistryException.subjectNotSoftDeleted(subject);
      }
      records.add(new LastId(store.lastId()));
      all.forEach(v -> records.add(new VersionRemoved(subject, v.version())));
    } else {
      if (live.isEmpty()) {
        throw RegistryException.subjectSoftDeleted(subject);
      }
      live.forEach(v -> records.add(v.softDeleted()));
    }
    if (store.levelOf(subject).isPresent()) {
      records.add(new Compatibility(subject, null));
    }
    if (store.modeOf(subject).isPresent()) {
      records.add(new Mode(subject, null));
    }
    List<SchemaVersion> gone = permanent ? all : live;
    return new Decision<>(gone.stream().map(SchemaVersion::version).toList(), records);
  }

  /** Deletes one version; answers its number. */
  Decision<Integer> deleteVersion(String subject, VersionSpec which, boolean permanent) {
    SchemaVersion version = which.in(store, subject, Visibility.WITH_DELETED);
    requireWritable(subject);
    if (!permanent) {
      if (version.deleted()) {
        throw RegistryException.versionSoftDeleted(subject, version.version());
      }
      return new Decision<>(version.version(), List.of(version.softDeleted()));
    }
    if (!version.deleted()) {
      throw RegistryException.versionNotSoftDeleted(subject, version.version());
    }
    return new Decision<>(
        version.version(),
        List.of(new LastId(store.lastId()), new VersionRemoved(subject, version.version())));
  }

  /**
   * Sets a compatibility level.
   *
   * @param subject null for the global one
   */
  Decision<CompatibilityLevel> setLevel(@Nullable String subject, CompatibilityLevel level) {
    if (subject != null) {
      requireValid(subject);
    }
    return new Decision<>(level, List.of(new Compatibility(subject, level)));
  }

  /**
   * Unsets a compatibility level; answers the one that was set.
   *
   * @param subject null for the global one, which goes back to BACKWARD
   */
  Decision<CompatibilityLevel> clearLevel(@Nullable String subject) {
    CompatibilityLevel old =
        subject == null
            ? store.globalLevel()
            : store
                .levelOf(subject)
                .orElseThrow(() -> RegistryException.noSubjectCompatibility(subject));
    return new Decision<>(old, List.of(new Compatibility(subject, null)));
  }

  /**
   * Sets a mode.
   *
   * @param subject null for the global one
   */
  Decision<RegistryMode> setMode(@Nullable String subject, RegistryMode mode) {
    if (subject != null) {
      requireValid(subject);
      if (mode == RegistryMode.READONLY_OVERRIDE) {
        throw RegistryException.invalidMode(mode.name());
      }
    }
    return new Decision<>(mode, List.of(new Mode(subject, mode)));
  }

  /**
   * Unsets a mode; answers the one that was set.
   *
   * @param subject null for the global one, which goes back to READWRITE
   */
  Decision<RegistryMode> clearMode(@Nullable String subject) {
    RegistryMode old =
        subject == null
            ? store.globalMode()
            : store.modeOf(subject).orElseThrow(() -> RegistryException.noSubjectMode(subject));
    return new Decision<>(old, List.of(new Mode(subject, null)));
  }

  /** The level that holds for a subject: its own or the global one. */
  CompatibilityLevel effectiveLevel(String subject) {
    return store.levelOf(subject).orElseGet(store::globalLevel);
  }

  static List<Schema> parsed(List<SchemaVersion> versions) {
    return versions.stream().map(v -> AvroText.parse(v.schema())).toList();
  }

  private static void requireValid(String subject) {
    if (subject.isBlank()
        || subject.length() > SubjectStore.MAX_SUBJECT_LENGTH
        || subject.chars().anyMatch(Character::isISOControl)) {
      throw RegistryException.invalidSubject(subject);
    }
  }

  private void requireWritable(String subject) {
    RegistryMode global = store.globalMode();
    RegistryMode mode =
        global == RegistryMode.READONLY_OVERRIDE ? global : store.modeOf(subject).orElse(global);
    if (mode != RegistryMode.READWRITE) {
      throw RegistryException.readOnly(subject);
    }
  }
}
