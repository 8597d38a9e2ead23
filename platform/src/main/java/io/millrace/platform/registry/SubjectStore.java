package io.millrace.platform.registry;

import io.millrace.platform.registry.RegistryRecord.Compatibility;
import io.millrace.platform.registry.RegistryRecord.LastId;
import io.millrace.platform.registry.RegistryRecord.Mode;
import io.millrace.platform.registry.RegistryRecord.SchemaVersion;
import io.millrace.platform.registry.RegistryRecord.VersionRemoved;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The registry's state: what the records of {@code _schemas}, applied in order, amount to.
 *
 * <p>Knows neither HTTP nor Kafka. Safe for use by several threads; {@link SubjectCommands} decides
 * which records a request makes.
 */
final class SubjectStore {

  /** Kafka allows topic names of 249 characters; subjects add a suffix or a record's name. */
  static final int MAX_SUBJECT_LENGTH = 1_024;

  private final TreeMap<String, TreeMap<Integer, SchemaVersion>> subjects = new TreeMap<>();
  private final TreeMap<Integer, List<SchemaVersion>> byId = new TreeMap<>();
  private final Map<String, Integer> idByText = new HashMap<>();
  private final Map<String, CompatibilityLevel> levels = new HashMap<>();
  private final Map<String, RegistryMode> modes = new HashMap<>();
  private @Nullable CompatibilityLevel globalLevel;
  private @Nullable RegistryMode globalMode;
  private int lastId;

  /** Takes one record into the state. Applying a record twice is the same as once. */
  synchronized void apply(RegistryRecord change) {
    if (change instanceof SchemaVersion version) {
      put(version);
    } else if (change instanceof VersionRemoved removed) {
      remove(removed.subject(), removed.version());
    } else if (change instanceof Compatibility compatibility) {
      if (compatibility.subject() == null) {
        globalLevel = compatibility.level();
      } else {
        setOrClear(levels, compatibility.subject(), compatibility.level());
      }
    } else if (change instanceof Mode mode) {
      if (mode.subject() == null) {
        globalMode = mode.mode();
      } else {
        setOrClear(modes, mode.subject(), mode.mode());
      }
    } else if (change instanceof LastId last) {
      lastId = Math.max(lastId, last.id());
    }
  }

  private void put(SchemaVersion version) {
    remove(version.subject(), version.version());
    subjects
        .computeIfAbsent(version.subject(), s -> new TreeMap<>())
        .put(version.version(), version);
    byId.computeIfAbsent(version.id(), i -> new ArrayList<>()).add(version);
    idByText.put(version.schema(), version.id());
    lastId = Math.max(lastId, version.id());
  }

  private void remove(String subject, int number) {
    TreeMap<Integer, SchemaVersion> versions = subjects.get(subject);
    SchemaVersion old = versions == null ? null : versions.remove(number);
    if (versions == null || old == null) {
      return;
    }
    if (versions.isEmpty()) {
      subjects.remove(subject);
    }
    List<SchemaVersion> sharing = byId.get(old.id());
    if (sharing != null) {
      sharing.remove(old);
      if (sharing.isEmpty()) {
        byId.remove(old.id());
        idByText.remove(old.schema(), old.id());
      }
    }
  }

  private static <V> void setOrClear(Map<String, V> map, String key, @Nullable V value) {
    if (value == null) {
      map.remove(key);
    } else {
      map.put(key, value);
    }
  }

  /** Subjects in alphabetical order. */
  synchronized List<String> subjects(Visibility visibility) {
    return subjects.entrySet().stream()
        .filter(
            e ->
                visibility == Visibility.DELETED_ONLY
                    ? e.getValue().values().stream().allMatch(SchemaVersion::deleted)
                    : e.getValue().values().stream().anyMatch(visibility::shows))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The versions of a subject, oldest first; empty when there are none to see. */
  synchronized List<SchemaVersion> versions(String subject, Visibility visibility) {
    NavigableMap<Integer, SchemaVersion> versions = subjects.get(subject);
    return versions == null
        ? List.of()
        : versions.values().stream().filter(visibility::shows).toList();
  }

  synchronized Optional<SchemaVersion> version(String subject, int number) {
    NavigableMap<Integer, SchemaVersion> versions = subjects.get(subject);
    return versions == null ? Optional.empty() : Optional.ofNullable(versions.get(number));
  }

  /** Where an id is used, in the order of subject and version; empty when the id is unknown. */
  synchronized List<SchemaVersion> usesOf(int id) {
    return byId.getOrDefault(id, List.of()).stream()
        .sorted(Comparator.comparing(SchemaVersion::subject).thenComparing(SchemaVersion::version))
        .toList();
  }

  /** Every version of every subject that the visibility shows. */
  synchronized List<SchemaVersion> all(Visibility visibility) {
    return subjects.values().stream()
        .map(Map::values)
        .flatMap(Collection::stream)
        .filter(visibility::shows)
        .toList();
  }

  /** The id that this canonical text has in any subject. */
  synchronized Optional<Integer> idOf(String canonical) {
    return Optional.ofNullable(idByText.get(canonical));
  }

  /** The highest id ever given out, 0 when there was none. */
  synchronized int lastId() {
    return lastId;
  }

  synchronized CompatibilityLevel globalLevel() {
    return globalLevel == null ? CompatibilityLevel.BACKWARD : globalLevel;
  }

  synchronized Optional<CompatibilityLevel> levelOf(String subject) {
    return Optional.ofNullable(levels.get(subject));
  }

  synchronized RegistryMode globalMode() {
    return globalMode == null ? RegistryMode.READWRITE : globalMode;
  }

  synchronized Optional<RegistryMode> modeOf(String subject) {
    return Optional.ofNullable(modes.get(subject));
  }

  /** Which versions a question is about. */
  enum Visibility {
    LIVE,
    WITH_DELETED,
    DELETED_ONLY;

    boolean shows(SchemaVersion version) {
      return switch (this) {
        case LIVE -> !version.deleted();
        case WITH_DELETED -> true;
        case DELETED_ONLY -> version.deleted();
      };
    }
  }
}
