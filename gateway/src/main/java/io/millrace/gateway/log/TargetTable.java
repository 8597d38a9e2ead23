package io.millrace.gateway.log;

import io.millrace.events.OperationKind;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.ensemble.Parts;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The latest declaration of each target, and which of them workers have ready. */
public final class TargetTable {
  /** A worker beats every second; one that has not for this long has died. */
  private static final Duration BEAT_MAX = Duration.ofSeconds(10);

  /** One that was killed leaves no word. */
  private static final Duration FORGET = Duration.ofMinutes(1);

  /** The newest version first: by number where both are numbers, by text otherwise. */
  private static final Comparator<TargetSpec> NEWEST =
      Comparator.comparingLong(TargetTable::number)
          .thenComparing(TargetSpec::getVersion)
          .reversed();

  private final ConcurrentMap<String, TargetSpec> targets = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, List<TargetSpec>> versions = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, WorkerStatus> workers = new ConcurrentHashMap<>();

  /**
   * Takes a record of the topic of targets, on one thread; a null declaration removes the target.
   */
  public void put(String target, @Nullable TargetSpec declaration) {
    TargetSpec former =
        declaration == null ? targets.remove(target) : targets.put(target, declaration);
    if (former != null && former.getKind() == TargetKind.MODEL) {
      index(former.getName());
    }
    if (declaration != null && declaration.getKind() == TargetKind.MODEL) {
      index(declaration.getName());
    }
  }

  private void index(String model) {
    List<TargetSpec> known =
        targets.values().stream()
            .filter(
                target -> target.getKind() == TargetKind.MODEL && target.getName().equals(model))
            .sorted(NEWEST)
            .toList();
    if (known.isEmpty()) {
      versions.remove(model);
    } else {
      versions.put(model, known);
    }
  }

  /** Takes a record of the topic of workers; null: the worker has left. */
  public void beat(String worker, @Nullable WorkerStatus status) {
    if (status == null) {
      workers.remove(worker);
    } else {
      Instant oldest = status.getOccurredAt().minus(FORGET);
      workers.values().removeIf(other -> other.getOccurredAt().isBefore(oldest));
      workers.put(worker, status);
    }
  }

  /** The declaration of a target such as {@code tool:search}. */
  public Optional<TargetSpec> find(String target) {
    return Optional.ofNullable(targets.get(target));
  }

  /** The versions of a model, the newest first. */
  public List<TargetSpec> versions(String model) {
    return versions.getOrDefault(model, List.of());
  }

  /**
   * All versions of all models, by name and then the newest first; without the parts of ensembles.
   */
  public List<TargetSpec> models() {
    return new TreeMap<>(versions)
        .values().stream()
            .flatMap(List::stream)
            .filter(model -> model.getModel() == null || model.getModel().getPartOf().isEmpty())
            .toList();
  }

  /**
   * Whether a worker that lives and stays has the model ready; of an ensemble in parts, whether
   * workers have those.
   */
  public boolean ready(TargetSpec target, Instant now) {
    return Parts.has(target)
        ? Parts.ready(target, part -> find(part).filter(spec -> atWorker(spec, now)).isPresent())
        : atWorker(target, now);
  }

  private boolean atWorker(TargetSpec target, Instant now) {
    return servants(target, now).anyMatch(worker -> has(worker, target));
  }

  /** Whether a worker that lives and stays serves the model's pool. */
  public boolean served(TargetSpec target, Instant now) {
    return servants(target, now).findAny().isPresent();
  }

  /** Why a worker that should have the model ready has not, as it says. */
  public Optional<String> problem(TargetSpec target, Instant now) {
    return servants(target, now)
        .map(worker -> worker.getProblems().get(target.getTarget()))
        .filter(Objects::nonNull)
        .findFirst();
  }

  private Stream<WorkerStatus> servants(TargetSpec target, Instant now) {
    Instant oldest = now.minus(BEAT_MAX);
    return workers.values().stream()
        .filter(
            worker ->
                worker.getKind() == OperationKind.INFERENCE
                    && !worker.getDraining()
                    && worker.getOccurredAt().isAfter(oldest)
                    && worker.getPools().stream()
                        .anyMatch(pool -> pool.getPool().equals(target.getPool())));
  }

  private static boolean has(WorkerStatus worker, TargetSpec target) {
    return worker.getTargets().contains(target.getTarget());
  }

  private static long number(TargetSpec target) {
    try {
      return Long.parseLong(target.getVersion());
    } catch (NumberFormatException notANumber) {
      return -1;
    }
  }
}
