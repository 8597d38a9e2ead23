package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.inference.ModelException;
import io.millrace.platform.packaging.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace package}: makes of a model what is needed to deploy it. */
@Command(
    name = "package",
    mixinStandardHelpOptions = true,
    description =
        "Make of a model a service to deploy: container file, Helm chart, settings, test, OpenAPI.")
final class PackageCommand implements Callable<Integer> {
  @Mixin private OutputOptions output;

  @Parameters(
      index = "0",
      paramLabel = "MODEL_DIR",
      description = "Directory of the model, with VERSION/model.onnx and at most a config.pbtxt.")
  private Path model;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to write it: a new or empty directory.")
  private Path out;

  @Option(
      names = "--image",
      paramLabel = "REPOSITORY[:TAG]",
      defaultValue = "",
      description = "Name of the image; default: millrace-MODEL:VERSION.")
  private String image;

  @Option(
      names = "--base",
      paramLabel = "IMAGE:TAG",
      defaultValue = "eclipse-temurin:17-jre-noble",
      description = "Image that it is built on, with Java 17 or later and bash (${DEFAULT-VALUE}).")
  private String base;

  @Override
  public Integer call() {
    ModelPackage made;
    try {
      made = ModelPackage.of(model, image, base);
    } catch (ModelException e) {
      throw CommandException.usage(model + ": " + e.getMessage());
    }
    int jars;
    try {
      requireEmpty();
      jars = made.write(System.getProperty("java.class.path"), out);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.FAILED, "--out: cannot write " + out + ": " + e.getMessage(), e);
    }
    report(made, jars);
    return ExitCode.OK;
  }

  private void requireEmpty() throws IOException {
    if (!Files.exists(out)) {
      return;
    }
    if (!Files.isDirectory(out)) {
      throw CommandException.usage("--out: " + out + " is a file; expected a directory");
    }
    try (Stream<Path> entries = Files.list(out)) {
      if (entries.findAny().isPresent()) {
        throw CommandException.usage(
            "--out: " + out + " is not empty; name another directory, or empty it");
      }
    }
  }

  private void report(ModelPackage made, int jars) {
    output
        .out()
        .println(
            "model %s, version %s, as image %s (%d jars) and chart, in %s"
                .formatted(
                    made.name(), String.join(", ", made.versions()), made.image(), jars, out));
    output.out().println("next: " + out.resolve("README.md"));
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model", made.name()).put("image", made.image()).put("out", out.toString());
    ArrayNode versions = json.putArray("versions");
    made.versions().forEach(versions::add);
    ObjectNode parts = json.putObject("parts");
    for (String part : List.of("Dockerfile", "chart", "config", "openapi.json", "smoke-test.sh")) {
      parts.put(part, out.resolve(part).toString());
    }
    output.writeJson(json);
  }
}
