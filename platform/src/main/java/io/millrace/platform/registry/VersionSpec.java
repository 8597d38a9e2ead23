package io.millrace.platform.registry;

import io.millrace.platform.registry.RegistryRecord.SchemaVersion;
import io.millrace.platform.registry.SubjectStore.Visibility;
import java.util.List;

/**
 * A version as a path names it: a number, or the latest.
 *
 * @param number from 1, or {@link #LATEST}
 */
record VersionSpec(int number) {

  static final int LATEST = -1;

  /**
   * @throws RegistryException 42202 when the text is neither a version nor {@code latest} nor -1
   */
  static VersionSpec of(String text) {
    if (text.equals("latest") || text.equals("-1")) {
      return new VersionSpec(LATEST);
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= 1) {
        return new VersionSpec(number);
      }
    } catch (NumberFormatException e) {
      // Falls through to the one answer for all that is no version.
    }
    throw RegistryException.invalidVersion(text);
  }

  /**
   * The version of that subject.
   *
   * @throws RegistryException 40401 when there is no such subject, 40402 no such version
   */
  SchemaVersion in(SubjectStore store, String subject, Visibility visibility) {
    List<SchemaVersion> versions = store.versions(subject, visibility);
    if (versions.isEmpty()) {
      throw RegistryException.subjectNotFound(subject);
    }
    if (number == LATEST) {
      List<SchemaVersion> live = versions.stream().filter(Visibility.LIVE::shows).toList();
      List<SchemaVersion> from = live.isEmpty() ? versions : live;
      return from.get(from.size() - 1);
    }
    return versions.stream()
        .filter(v -> v.version() == number)
        .findFirst()
        .orElseThrow(() -> RegistryException.versionNotFound(number));
  }
}
