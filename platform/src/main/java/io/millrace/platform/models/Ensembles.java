package io.millrace.platform.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleOperation;
import io.millrace.events.EnsembleStep;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.compose.Condition;
import io.millrace.inference.repository.ModelConfig;
import io.millrace.inference.repository.ModelRepository;
import io.millrace.platform.apply.EnsembleFile;
import io.millrace.platform.apply.InvalidDocumentException;
import io.millrace.topologies.ensemble.logic.EnsembleInvalid;
import io.millrace.topologies.ensemble.logic.EnsembleTargets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ensembles of a repository: Triton's {@code ensemble_scheduling}, and the steps that a
 * {@code millrace.yaml} beside {@code config.pbtxt} adds.
 */
final class Ensembles {
  private static final String FILE = "millrace.yaml";
  private static final long CACHE_TTL_MS = 300_000;

  private final ModelRepository repository;
  private final String pool;

  /**
   * @param pool of ensembles without any model
   */
  Ensembles(ModelRepository repository, String pool) {
    this.repository = repository;
    this.pool = pool;
  }

  /**
   * The targets of an ensemble: of each of its versions itself, and its parts.
   *
   * @param models targets of the models that are declared, by key
   * @throws ModelException MODEL_CONFIG_INVALID naming the step and the field that is wrong
   */
  List<TargetSpec> targets(String ensemble, Map<String, TargetSpec> models) {
    ModelConfig config = repository.config(ensemble);
    Path home = repository.home(ensemble);
    List<EnsembleStep> steps = new ArrayList<>(scheduled(config.json()));
    if (Files.exists(home.resolve(FILE))) {
      try {
        steps.addAll(EnsembleFile.read(home.resolve(FILE)).steps());
      } catch (InvalidDocumentException e) {
        throw ModelException.config(String.valueOf(e.getMessage()));
      }
    }
    steps.replaceAll(step -> resolved(step, models));
    int batchMax = config.batchMax() == null ? 0 : config.batchMax();
    List<TargetSpec> targets = new ArrayList<>();
    for (long version : repository.ensembleVersions(ensemble)) {
      try {
        targets.addAll(
            EnsembleTargets.of(
                new EnsembleTargets.Source(
                    ensemble,
                    Long.toString(version),
                    steps,
                    ends("input", config.inputs(), batchMax),
                    ends("output", config.outputs(), batchMax),
                    batchMax,
                    config.jsonText(),
                    pool),
                models::get));
      } catch (EnsembleInvalid e) {
        throw ModelException.config(String.valueOf(e.getMessage()));
      }
    }
    steps.forEach(Ensembles::compile);
    for (TargetSpec target : targets) {
      target.getModel().setUri(home.toUri().toString());
      if (config.cached() && target.getName().equals(ensemble)) {
        target.setCacheTtlMs(CACHE_TTL_MS);
      }
    }
    return targets;
  }

  private static void compile(EnsembleStep step) {
    if (step.getOperation() == EnsembleOperation.CONDITION) {
      Condition.compile(
          "step '%s'".formatted(step.getName()), step.getExpression(), step.getOperands());
    }
  }

  private static List<EnsembleStep> scheduled(JsonNode config) {
    List<EnsembleStep> steps = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (JsonNode step : config.path("ensemble_scheduling").path("step")) {
      String model = step.path("model_name").asText("");
      long version = step.path("model_version").asLong(-1);
      if (!ModelRepository.NAME.matcher(model).matches()) {
        throw ModelException.config(
            "ensemble_scheduling.step[%d].model_name is '%s'; expected the name of a model"
                .formatted(steps.size(), model));
      }
      String name = names.add(model) ? model : model + "-" + steps.size();
      names.add(name);
      steps.add(
          EnsembleStep.newBuilder()
              .setName(name)
              .setOperation(EnsembleOperation.MODEL)
              .setCandidates(
                  List.of(new EnsembleCandidate(version < 0 ? model : model + "@" + version, 1.0)))
              .setInputs(texts(step.path("input_map")))
              .setOutputs(texts(step.path("output_map")))
              .build());
    }
    return steps;
  }

  private static Map<String, String> texts(JsonNode map) {
    Map<String, String> texts = new LinkedHashMap<>();
    map.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    return texts;
  }

  /** Names targets instead of models; without a version the newest. */
  private static EnsembleStep resolved(EnsembleStep step, Map<String, TargetSpec> models) {
    if (step.getCandidates().isEmpty()) {
      return step;
    }
    List<EnsembleCandidate> candidates = new ArrayList<>();
    for (EnsembleCandidate candidate : step.getCandidates()) {
      String name = candidate.getTarget();
      TargetSpec found = name.contains("@") ? models.get("model:" + name) : newest(name, models);
      if (found == null) {
        throw ModelException.config(
            "step '%s': model '%s' is not in the repository, or does not do"
                .formatted(step.getName(), name));
      }
      if (found.getModel() != null && !found.getModel().getSteps().isEmpty()) {
        throw ModelException.config(
            "step '%s': '%s' is an ensemble itself; name its steps instead"
                .formatted(step.getName(), name));
      }
      if (found.getModel() != null
          && (found.getModel().getStreamed() || found.getModel().getSequenced())) {
        throw ModelException.config(
            "step '%s': '%s' streams its answers or keeps state, which steps of ensembles do not"
                .formatted(step.getName(), name));
      }
      candidates.add(new EnsembleCandidate(found.getTarget(), candidate.getWeight()));
    }
    return EnsembleStep.newBuilder(step).setCandidates(candidates).build();
  }

  private static @Nullable TargetSpec newest(String model, Map<String, TargetSpec> models) {
    TargetSpec newest = null;
    for (TargetSpec target : models.values()) {
      boolean newer =
          newest == null
              || Long.parseLong(target.getVersion()) > Long.parseLong(newest.getVersion());
      if (target.getName().equals(model) && newer) {
        newest = target;
      }
    }
    return newest;
  }

  private static List<TensorSignature> ends(
      String field, List<ModelConfig.End> given, int batchMax) {
    List<TensorSignature> ends = new ArrayList<>();
    for (ModelConfig.End end : given) {
      List<Long> dims = end.dims();
      if (dims == null) {
        throw ModelException.config(
            "%s '%s' has no dims; an ensemble declares them".formatted(field, end.name()));
      }
      List<Long> shape = new ArrayList<>();
      if (batchMax > 0) {
        shape.add(-1L);
      }
      shape.addAll(dims);
      ends.add(new TensorSignature(end.name(), end.type(), shape));
    }
    return ends;
  }
}
