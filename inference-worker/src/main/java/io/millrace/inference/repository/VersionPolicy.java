package io.millrace.inference.repository;

import io.millrace.inference.ModelException;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which of a model's versions are served. */
public sealed interface VersionPolicy {

  /**
   * The versions that are served, ascending.
   *
   * @param present those that there are
   * @throws ModelException MODEL_UNKNOWN if one is asked for that is not there
   */
  List<Long> choose(Set<Long> present);

  /** The versions with the highest numbers. */
  record Latest(int count) implements VersionPolicy {
    @Override
    public List<Long> choose(Set<Long> present) {
      return present.stream().sorted(Comparator.reverseOrder()).limit(count).sorted().toList();
    }
  }

  /** Every version. */
  record All() implements VersionPolicy {
    @Override
    public List<Long> choose(Set<Long> present) {
      return present.stream().sorted().toList();
    }
  }

  /** Only these versions. */
  record Specific(List<Long> versions) implements VersionPolicy {
    @Override
    public List<Long> choose(Set<Long> present) {
      Set<Long> missing = new TreeSet<>(versions);
      missing.removeAll(present);
      if (!missing.isEmpty()) {
        throw new ModelException(
            "MODEL_UNKNOWN",
            "version_policy.specific asks for the versions %s, which are not there; there are %s"
                .formatted(missing, new TreeSet<>(present)),
            false);
      }
      return versions.stream().distinct().sorted().toList();
    }
  }

  /** The policy that a configuration says; the latest version where it says none. */
  static VersionPolicy of(JsonFields policy) {
    if (policy.names().size() > 1) {
      throw ModelException.config(
          "version_policy has %s; only one may be given".formatted(policy.names()));
    }
    if (policy.has("all")) {
      return new All();
    }
    if (policy.has("specific")) {
      List<Long> versions = policy.object("specific").numbers("versions", 0, Long.MAX_VALUE);
      if (versions.isEmpty()) {
        throw ModelException.config("version_policy.specific names no versions");
      }
      return new Specific(versions);
    }
    return new Latest(
        (int) policy.object("latest").number("num_versions", 1, Integer.MAX_VALUE, 1));
  }
}
