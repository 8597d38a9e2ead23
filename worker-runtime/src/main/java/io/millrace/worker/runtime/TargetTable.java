package io.millrace.worker.runtime;

import io.millrace.events.TargetSpec;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The latest declaration of each target, as the {@code targets} topic has it. */
final class TargetTable {

  private final ConcurrentMap<String, TargetSpec> targets = new ConcurrentHashMap<>();

  /** The declaration of a target such as {@code tool:search}; null if there is none. */
  @Nullable TargetSpec get(String target) {
    return targets.get(target);
  }

  /**
   * Takes a record of the topic; a null declaration removes the target.
   *
   * @return what was declared before; null if nothing was
   */
  @Nullable TargetSpec put(String target, @Nullable TargetSpec declaration) {
    return declaration == null ? targets.remove(target) : targets.put(target, declaration);
  }

  /** Whether the runs of any target of the pool are limited by how long they take. */
  boolean limits(String pool) {
    return targets.values().stream()
        .anyMatch(spec -> spec.getConcurrencyLimit() != null && spec.getPool().equals(pool));
  }

  /** Names of the targets, sorted; a copy. */
  Set<String> names() {
    return new TreeSet<>(targets.keySet());
  }
}
