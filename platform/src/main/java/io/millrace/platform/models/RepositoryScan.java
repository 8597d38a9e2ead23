package io.millrace.platform.models;

import io.millrace.events.TargetSpec;
import io.millrace.inference.ModelException;
import io.millrace.inference.repository.ModelRepository;
import io.millrace.inference.runtime.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks through a model repository again and again and says what has changed since it last looked.
 *
 * <p>A file that was changed within the last moments is left for the next time: it may not be whole
 * yet. A model that does not do is reported once, and what was declared of it before stays.
 */
public final class RepositoryScan {
  private static final long SETTLED_MILLIS = 500;
  private static final Pattern POOL = Pattern.compile("[a-z0-9-]{1,40}");

  private final Path directory;
  private final ModelRepository repository;
  private final Ensembles ensembles;
  private final String pool;
  private final Map<Path, Hashed> hashes = new HashMap<>();
  private final Map<String, TargetSpec> declared = new TreeMap<>();
  private Map<String, String> problems = Map.of();

  private record Hashed(long size, long changedAt, String sha256) {}

  /**
   * What has changed.
   *
   * @param targets to be declared, by key; null: to be removed
   * @param problems what is wrong with models, by model, where that is news
   */
  public record Changes(Map<String, @Nullable TargetSpec> targets, Map<String, String> problems) {}

  /**
   * @param pool whose workers are to run the models
   */
  public RepositoryScan(Path directory, String pool) {
    this.directory = directory;
    this.repository = new ModelRepository(directory);
    this.ensembles = new Ensembles(repository, pool);
    this.pool = pool;
  }

  /** Takes what is declared of this repository's models, by key, in place of what it knew. */
  public void declared(Map<String, TargetSpec> before) {
    declared.clear();
    before.forEach(
        (key, spec) -> {
          if (spec.getModel() != null
              && spec.getModel().getUri().startsWith(directory.toUri().toString())) {
            TargetSpec comparable = TargetSpec.newBuilder(spec).build();
            comparable.setId("");
            comparable.setOccurredAt(Instant.EPOCH);
            declared.put(key, comparable);
          }
        });
  }

  /** {@link #look(long, Set)} where no model is unloaded. */
  public Changes look(long now) {
    return look(now, Set.of());
  }

  /**
   * Looks once.
   *
   * @param now milliseconds since the epoch
   * @param unloaded keys of the targets that are unloaded now, which they stay when their files
   *     change
   */
  public Changes look(long now, Set<String> unloaded) {
    Map<String, TargetSpec> present = new TreeMap<>();
    Map<String, String> wrong = new LinkedHashMap<>();
    if (Files.isDirectory(directory)) {
      List<String> composed = new ArrayList<>();
      for (String model : repository.models()) {
        try {
          if (repository.config(model).ensemble()) {
            composed.add(model);
          } else {
            look(model, present, now);
          }
        } catch (ModelException e) {
          wrong.put(model, String.valueOf(e.getMessage()));
          keep(model, present);
        }
      }
      lookAtEnsembles(composed, present, wrong);
    }
    // Who unloaded a model changed its declaration; the repository says nothing of that.
    present.forEach((key, spec) -> spec.setUnloaded(unloaded.contains(key)));
    declared.forEach((key, spec) -> spec.setUnloaded(unloaded.contains(key)));
    Map<String, @Nullable TargetSpec> changed = new LinkedHashMap<>();
    present.forEach(
        (key, spec) -> {
          if (!spec.equals(declared.get(key))) {
            changed.put(key, spec);
          }
        });
    for (String key : declared.keySet()) {
      if (!present.containsKey(key)) {
        changed.put(key, null);
      }
    }
    declared.clear();
    declared.putAll(present);
    Map<String, String> news = new LinkedHashMap<>(wrong);
    news.entrySet().removeAll(problems.entrySet());
    problems = wrong;
    return new Changes(changed, news);
  }

  /** Whether there was any model when it last looked. */
  public boolean any() {
    return !declared.isEmpty();
  }

  /** After the models, which they are made of. */
  private void lookAtEnsembles(
      List<String> composed, Map<String, TargetSpec> present, Map<String, String> wrong) {
    Map<String, TargetSpec> models = new TreeMap<>(present);
    for (String ensemble : composed) {
      try {
        ensembles
            .targets(ensemble, models)
            .forEach(target -> present.put(target.getTarget(), target));
      } catch (ModelException e) {
        wrong.put(ensemble, String.valueOf(e.getMessage()));
        keep(ensemble, present);
      }
    }
  }

  private void look(String model, Map<String, TargetSpec> present, long now) {
    for (ModelRepository.Version version : repository.versions(model)) {
      String key = ModelTargets.key(model, version.version());
      Hashed hashed = hashed(version.file(), now);
      if (hashed != null) {
        present.put(key, ModelTargets.target(version, pool(version), hashed.sha256));
      } else if (declared.containsKey(key)) {
        present.put(key, declared.get(key));
      }
    }
  }

  private String pool(ModelRepository.Version version) {
    String own = version.config().parameters().getOrDefault("pool", pool);
    if (!POOL.matcher(own).matches()) {
      throw ModelException.config(
          "parameters.pool is '%s'; expected 1 to 40 lower-case letters, digits or '-'"
              .formatted(own));
    }
    return own;
  }

  private void keep(String model, Map<String, TargetSpec> present) {
    declared.forEach(
        (key, spec) -> {
          if (spec.getName().equals(model) || spec.getName().startsWith(model + "/")) {
            present.put(key, spec);
          }
        });
  }

  /** Null while the file is still being written. */
  private @Nullable Hashed hashed(Path file, long now) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      long changedAt = attributes.lastModifiedTime().toMillis();
      Hashed known = hashes.get(file);
      if (known != null && known.size == attributes.size() && known.changedAt == changedAt) {
        return known;
      }
      if (Math.abs(now - changedAt) < SETTLED_MILLIS) {
        return null;
      }
      Hashed hashed = new Hashed(attributes.size(), changedAt, ModelFile.sha256(file));
      hashes.put(file, hashed);
      return hashed;
    } catch (IOException e) {
      throw ModelException.unavailable("%s cannot be read: %s".formatted(file, e));
    }
  }
}
