package io.millrace.inference.repository;

import io.millrace.inference.ModelException;
import io.millrace.inference.onnx.OnnxFile;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A directory of models in Triton's layout: {@code <model>/config.pbtxt}, which may be missing, and
 * {@code <model>/<version>/model.onnx}.
 */
public final class ModelRepository {

  /** What a model may be called: it is part of the name of its target. */
  public static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private static final String CONFIG = "config.pbtxt";
  private static final long CONFIG_BYTES_MAX = 1 << 20;
  private static final Pattern VERSION = Pattern.compile("0|[1-9][0-9]{0,17}");

  private final Path directory;

  /** The repository in a directory. */
  public ModelRepository(Path directory) {
    this.directory = directory;
  }

  /**
   * One version of a model.
   *
   * @param model name of the model
   * @param version its number
   * @param file the model's file
   * @param config its configuration
   * @param contract how it is called
   */
  public record Version(
      String model, long version, Path file, ModelConfig config, Contract contract) {}

  /**
   * Names of the models, sorted: directories that have a configuration or a version.
   *
   * @throws ModelException MODEL_UNAVAILABLE if the directory cannot be read
   */
  public List<String> models() {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(Files::isDirectory)
          .filter(entry -> Files.exists(entry.resolve(CONFIG)) || !versions(entry).isEmpty())
          .map(entry -> String.valueOf(entry.getFileName()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw ModelException.unavailable(
          "The model repository %s cannot be read: %s".formatted(directory, e));
    }
  }

  /**
   * The configuration of a model; one that says nothing where it has no {@code config.pbtxt}.
   *
   * @throws ModelException MODEL_CONFIG_INVALID if it does not do; MODEL_UNKNOWN if there is no
   *     such model
   */
  public ModelConfig config(String model) {
    Path home = directory.resolve(model);
    if (!NAME.matcher(model).matches() || !Files.isDirectory(home)) {
      throw new ModelException(
          "MODEL_UNKNOWN", "There is no model '%s' in %s".formatted(model, directory), false);
    }
    Path file = home.resolve(CONFIG);
    ModelConfig config;
    try {
      if (Files.size(file) > CONFIG_BYTES_MAX) {
        throw ModelException.config("%s has more than %d bytes".formatted(file, CONFIG_BYTES_MAX));
      }
      config = ModelConfig.text(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      return ModelConfig.none();
    } catch (MalformedInputException e) {
      throw ModelException.config("%s is not UTF-8 text".formatted(file));
    } catch (IOException e) {
      throw ModelException.unavailable("%s cannot be read: %s".formatted(file, e));
    }
    if (!config.name().isEmpty() && !config.name().equals(model)) {
      throw ModelException.config(
          "%s: name is '%s', but the directory is '%s'".formatted(file, config.name(), model));
    }
    return config;
  }

  /**
   * The versions of a model that its policy serves, ascending.
   *
   * @throws ModelException if the model is not there, is no ONNX model, or contradicts its
   *     configuration
   */
  public List<Version> versions(String model) {
    ModelConfig config = config(model);
    if (config.ensemble()) {
      throw ModelException.config(
          "'%s' is an ensemble: it has steps, not a model file".formatted(model));
    }
    if (!config.platform().isEmpty() && !config.platform().startsWith("onnxruntime")) {
      throw ModelException.config(
          "'%s' has the platform '%s'; only onnxruntime_onnx is served"
              .formatted(model, config.platform()));
    }
    Path home = directory.resolve(model);
    Set<Long> present = versions(home);
    if (present.isEmpty()) {
      throw new ModelException(
          "MODEL_UNKNOWN",
          "'%s' has no version: put its file at %s"
              .formatted(model, home.resolve("1").resolve(config.fileName())),
          false);
    }
    List<Version> versions = new ArrayList<>();
    for (long version : config.versions().choose(present)) {
      Path file = home.resolve(Long.toString(version)).resolve(config.fileName());
      versions.add(
          new Version(model, version, file, config, Contract.of(OnnxFile.read(file), config)));
    }
    return List.copyOf(versions);
  }

  private static Set<Long> versions(Path home) {
    Set<Long> versions = new TreeSet<>();
    try (Stream<Path> entries = Files.list(home)) {
      entries
          .filter(Files::isDirectory)
          .map(entry -> String.valueOf(entry.getFileName()))
          .filter(name -> VERSION.matcher(name).matches())
          .forEach(name -> versions.add(Long.parseLong(name)));
    } catch (IOException e) {
      throw ModelException.unavailable("%s cannot be read: %s".formatted(home, e));
    }
    return versions;
  }
}
