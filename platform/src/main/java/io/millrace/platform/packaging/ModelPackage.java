package io.millrace.platform.packaging;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.repository.ModelRepository;
import io.millrace.inference.runtime.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A model as a service that can be deployed: everything that is written of it follows from its
 * directory.
 */
public final class ModelPackage {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Templates, and what they are called in the package. */
  private static final Map<String, String> TEMPLATES =
      Map.ofEntries(
          Map.entry("Dockerfile", "Dockerfile"),
          Map.entry("dockerignore", ".dockerignore"),
          Map.entry("README.md", "README.md"),
          Map.entry("smoke-test.sh", "smoke-test.sh"),
          Map.entry("healthcheck.sh", "bin/healthcheck"),
          Map.entry("worker.properties", "config/worker.properties"),
          Map.entry("gateway.properties", "config/gateway.properties"),
          Map.entry("chart/Chart.yaml", "chart/Chart.yaml"),
          Map.entry("chart/helmignore", "chart/.helmignore"),
          Map.entry("chart/values.yaml", "chart/values.yaml"),
          Map.entry("chart/values.schema.json", "chart/values.schema.json"),
          chart("NOTES.txt"),
          chart("_helpers.tpl"),
          chart("autoscaling.yaml"),
          chart("configmap.yaml"),
          chart("declare.yaml"),
          chart("gateway.yaml"),
          chart("networkpolicy.yaml"),
          chart("poddisruptionbudget.yaml"),
          chart("pool.yaml"),
          chart("serviceaccount.yaml"),
          chart("tests/smoke.yaml"),
          chart("worker.yaml"));

  private static final List<String> PROGRAMS = List.of("smoke-test.sh", "bin/healthcheck");

  /** Kubernetes' names end here, and so do those of pools. */
  private static final int NAME_LENGTH_MAX = 40;

  private static final int EXAMPLE_ELEMENTS_MAX = 1 << 10;
  private static final int SMOKE_ELEMENTS_MAX = 2 << 20;
  private static final long MEBIBYTE = 1 << 20;
  private static final long MEMORY_MIN = 1_024;
  private static final long HEAP = 512;
  private static final int HEAP_PERCENT_MIN = 5;

  private final Path directory;
  private final String name;
  private final List<ModelRepository.Version> versions;
  private final String image;
  private final String base;

  private ModelPackage(
      Path directory,
      String name,
      List<ModelRepository.Version> versions,
      String image,
      String base) {
    this.directory = directory;
    this.name = name;
    this.versions = versions;
    this.image = image;
    this.base = base;
  }

  private static Map.Entry<String, String> chart(String template) {
    return Map.entry("chart/templates/" + template, "chart/templates/" + template);
  }

  /**
   * The model in a directory.
   *
   * @param directory {@code <version>/model.onnx}, and at most a {@code config.pbtxt}
   * @param image REPOSITORY:TAG of the image that is to be made; empty: derived from the model
   * @param base image that has a Java of at least 17, as {@code java}, and a bash
   * @throws ModelException if it is no model that can be served
   */
  public static ModelPackage of(Path directory, String image, String base) {
    Path home = directory.toAbsolutePath().normalize();
    Path parent = home.getParent();
    if (parent == null || !Files.isDirectory(home)) {
      throw ModelException.invalid(
          "there is no such directory; expected one with <version>/model.onnx");
    }
    String name = String.valueOf(home.getFileName());
    List<ModelRepository.Version> versions = new ModelRepository(parent).versions(name);
    ModelRepository.Version newest = versions.get(versions.size() - 1);
    if (!SampleTensors.fit(newest.contract().asked().inputs(), SMOKE_ELEMENTS_MAX)) {
      throw ModelException.invalid(
          "one row of '%s' has more than %d elements, more than a request may have"
              .formatted(name, SMOKE_ELEMENTS_MAX));
    }
    String whole = image.isEmpty() ? "millrace-" + plain(name) : image;
    boolean tagged = whole.lastIndexOf(':') > whole.lastIndexOf('/');
    return new ModelPackage(
        home, name, versions, tagged ? whole : whole + ":" + newest.version(), base);
  }

  /** The name as Kubernetes and pools take names: lower-case letters, digits and hyphens. */
  private static String plain(String name) {
    String plain =
        name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    String led = plain.matches("[a-z].*") ? plain : "model-" + plain;
    return led.length() <= NAME_LENGTH_MAX
        ? led
        : led.substring(0, NAME_LENGTH_MAX).replaceAll("-$", "");
  }

  /** The model's name. */
  public String name() {
    return name;
  }

  /** The versions that are served, ascending. */
  public List<String> versions() {
    return versions.stream().map(version -> Long.toString(version.version())).toList();
  }

  /** REPOSITORY:TAG of the image. */
  public String image() {
    return image;
  }

  /**
   * Writes everything.
   *
   * @param classPath of the program that goes into the image
   * @param out an empty directory, or one that is not there
   * @return how many jars the program has
   * @throws IOException if it cannot be written
   */
  public int write(String classPath, Path out) throws IOException {
    for (String part : List.of("bin", "config", "lib", "models", "chart/templates/tests")) {
      Files.createDirectories(out.resolve(part));
    }
    Map<String, String> values = values();
    for (Map.Entry<String, String> template : TEMPLATES.entrySet()) {
      Files.writeString(out.resolve(template.getValue()), filled(template.getKey(), values));
    }
    for (String program : PROGRAMS) {
      if (!out.resolve(program).toFile().setExecutable(true, false)) {
        throw new IOException("cannot make " + out.resolve(program) + " executable");
      }
    }
    models(out.resolve("models").resolve(name));
    Files.writeString(out.resolve("config/targets.yaml"), targets());
    json(
        out.resolve("config/smoke.json"),
        SampleTensors.request(newest().contract().asked().inputs()));
    json(
        out.resolve("openapi.json"),
        new OpenApi(
                name,
                versions(),
                newest().contract().asked().inputs(),
                newest().contract().asked().outputs(),
                EXAMPLE_ELEMENTS_MAX)
            .document());
    return ProgramJars.copy(classPath, out.resolve("lib"));
  }

  private ModelRepository.Version newest() {
    return versions.get(versions.size() - 1);
  }

  private Map<String, String> values() throws IOException {
    long bytes = 0;
    for (ModelRepository.Version version : versions) {
      bytes += Files.size(version.file());
    }
    // What ONNX Runtime makes of a model takes up to some times its file.
    long memory = MEMORY_MIN + 4 * (bytes / MEBIBYTE);
    int colon = image.lastIndexOf(':');
    String version = Long.toString(newest().version());
    return Map.ofEntries(
        Map.entry("name", name),
        Map.entry("release", plain(name)),
        Map.entry("pool", plain(name)),
        Map.entry("version", version),
        Map.entry("versions", String.join(", ", versions())),
        Map.entry("chart_version", version + ".0.0"),
        Map.entry("base", base),
        Map.entry("image", image),
        Map.entry("image_repository", image.substring(0, colon)),
        Map.entry("image_tag", image.substring(colon + 1)),
        Map.entry("cpu_request", "1"),
        Map.entry("memory", memory + "Mi"),
        Map.entry("heap_percent", Long.toString(Math.max(HEAP_PERCENT_MIN, 100 * HEAP / memory))),
        Map.entry(
            "outputs",
            newest().contract().asked().outputs().stream()
                .map(TensorSignature::getName)
                .map(output -> "'" + output.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "))));
  }

  /** A template, each {@code @key@} of which is replaced by its value. */
  private static String filled(String template, Map<String, String> values) throws IOException {
    String text;
    try (InputStream in = ModelPackage.class.getResourceAsStream(template)) {
      if (in == null) {
        throw new IOException("the program has no template " + template);
      }
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace("@" + value.getKey() + "@", value.getValue());
    }
    return text;
  }

  private void models(Path to) throws IOException {
    Files.createDirectories(to);
    Path config = directory.resolve("config.pbtxt");
    if (Files.exists(config)) {
      Files.copy(config, to.resolve("config.pbtxt"));
    }
    for (ModelRepository.Version version : versions) {
      Path home = Files.createDirectories(to.resolve(Long.toString(version.version())));
      Files.copy(version.file(), home.resolve(String.valueOf(version.file().getFileName())));
    }
  }

  /** The model as {@code millrace apply} takes it; paths go from where it lies. */
  private String targets() {
    String config =
        Files.exists(directory.resolve("config.pbtxt"))
            ? ", config: \"../models/" + name + "/config.pbtxt\""
            : "";
    return versions.stream()
        .map(
            version ->
                """
                  - kind: model
                    name: "%s"
                    version: "%d"
                    pool: "%s"
                    model: {uri: "../models/%s/%d/%s", sha256: "%s"%s}
                """
                    .formatted(
                        name,
                        version.version(),
                        plain(name),
                        name,
                        version.version(),
                        version.file().getFileName(),
                        ModelFile.sha256(version.file()),
                        config))
        .collect(Collectors.joining("", "targets:\n", ""));
  }

  private static void json(Path file, JsonNode document) throws IOException {
    try {
      Files.writeString(
          file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }
}
