package io.millrace.platform.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.onnx.OnnxGraph;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.platform.apply.TargetsFile;
import io.millrace.schemas.http.AdminServer;
import io.millrace.schemas.http.Readiness;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code millrace package} writes, but for the chart. */
class ModelPackageTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Path out;

  @TempDir Path folder;

  @BeforeAll
  static void make(@TempDir Path shared) throws Exception {
    Path model = shared.resolve("Sum_2");
    SeededModels.tiny().write(model.resolve("1/model.onnx"));
    SeededModels.tiny().write(model.resolve("3/model.onnx"));
    Files.writeString(
        model.resolve("config.pbtxt"), "max_batch_size: 8\nversion_policy: {all: {}}\n");
    out = shared.resolve("out");
    Path jar = Files.write(shared.resolve("some.jar"), new byte[] {1});
    Path classes = Files.createDirectories(shared.resolve("classes"));
    Files.writeString(classes.resolve("x.txt"), "x");
    ModelPackage made = ModelPackage.of(model, "registry.example/team/sum", "base:1");
    assertThat(made.image()).isEqualTo("registry.example/team/sum:3");
    assertThat(made.write(jar + ":" + classes + ":" + shared.resolve("none.jar"), out))
        .isEqualTo(2);
  }

  private static String text(String file) throws Exception {
    return Files.readString(out.resolve(file));
  }

  @Test
  void noPlaceholderIsLeft() throws Exception {
    try (var files = Files.walk(out)) {
      List<Path> texts =
          files
              .filter(Files::isRegularFile)
              .filter(file -> !file.toString().matches(".*\\.(jar|onnx)"))
              .toList();
      assertThat(texts).hasSizeGreaterThan(20);
      for (Path file : texts) {
        assertThat(Files.readString(file)).as(file.toString()).doesNotContainPattern("@[a-z_]+@");
      }
    }
  }

  /** The rules of hadolint that apply to what a model's image needs. */
  @Test
  void theContainerFileKeepsTheRules() throws Exception {
    String file = text("Dockerfile");
    List<String> steps =
        file.replace("\\\n", " ").lines().filter(line -> line.matches("[A-Z]+ .*")).toList();

    assertThat(steps.get(0)).isEqualTo("FROM base:1");
    assertThat(file).doesNotContain("latest", "ADD ", "sudo", "RUN ");
    assertThat(count(steps, "USER")).isEqualTo(1);
    assertThat(steps).contains("USER 10001:10001", "WORKDIR /opt/millrace");
    for (String once : List.of("ENTRYPOINT", "CMD", "HEALTHCHECK", "FROM")) {
      assertThat(count(steps, once)).as(once).isEqualTo(1);
    }
    for (String step : steps) {
      if (step.matches("(ENTRYPOINT|CMD) .*")) {
        JsonNode words = JSON.readTree(step.substring(step.indexOf('[')));
        assertThat(words.isArray()).as(step).isTrue();
      }
      if (step.startsWith("COPY ")) {
        String source = step.replaceFirst("COPY (--chmod=\\d+ )?", "").split(" ")[0];
        assertThat(out.resolve(source)).isDirectory();
      }
    }
    assertThat(out.resolve("lib")).isDirectoryContaining(p -> p.endsWith("some.jar"));
  }

  private static long count(List<String> steps, String instruction) {
    return steps.stream().filter(step -> step.startsWith(instruction + " ")).count();
  }

  @Test
  void theModelIsDeclaredAsItLiesInTheImage() throws Exception {
    List<TargetSpec> targets = TargetsFile.read(out.resolve("config/targets.yaml")).targets();

    assertThat(targets.stream().map(TargetSpec::getTarget))
        .containsExactly("model:Sum_2@1", "model:Sum_2@3");
    TargetSpec newest = targets.get(1);
    assertThat(newest.getPool()).isEqualTo("sum-2");
    assertThat(newest.getModel().getUri())
        .isEqualTo(out.resolve("models/Sum_2/3/model.onnx").toUri().toString());
    assertThat(newest.getModel().getBatchMax()).isEqualTo(8);
  }

  @Test
  void theInterfaceIsOpenApi() throws Exception {
    ParseOptions options = new ParseOptions();
    options.setResolve(true);
    SwaggerParseResult read =
        new OpenAPIV3Parser().readContents(text("openapi.json"), null, options);

    assertThat(read.getMessages()).isEmpty();
    assertThat(read.getOpenAPI().getOpenapi()).isEqualTo("3.1.1");
    assertThat(read.getOpenAPI().getPaths())
        .containsKeys(
            "/v2/models/Sum_2", "/v2/models/Sum_2/infer", "/v2/models/Sum_2/versions/1/infer");
    List<String> ids =
        read.getOpenAPI().getPaths().values().stream()
            .flatMap(path -> path.readOperations().stream())
            .map(operation -> operation.getOperationId())
            .toList();
    assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(10);
  }

  private static JsonSchema schema(String name) throws Exception {
    ObjectNode document = (ObjectNode) JSON.readTree(text("openapi.json"));
    document.put("$ref", "#/components/schemas/" + name);
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(document);
  }

  @Test
  void theSampleIsARequestAsTheInterfaceSaysAndWhatDiffersIsNone() throws Exception {
    JsonSchema request = schema("InferRequest");
    JsonNode sample = JSON.readTree(text("config/smoke.json"));
    assertThat(request.validate(sample)).isEmpty();
    assertThat(
            JSON.readTree(text("openapi.json"))
                .at(
                    "/paths/~1v2~1models~1Sum_2~1infer/post/requestBody/content/application~1json/example"))
        .isEqualTo(sample);

    List<Map.Entry<String, JsonNode>> wrong =
        List.of(
            Map.entry("/inputs/0/name", JSON.readTree("\"other\"")),
            Map.entry("/inputs/0/name", JSON.readTree("\"INPUT1\"")),
            Map.entry("/inputs/0/datatype", JSON.readTree("\"FP32\"")),
            Map.entry("/inputs/0/shape", JSON.readTree("[1, 15]")),
            Map.entry("/inputs/0/shape", JSON.readTree("[16]")),
            Map.entry("/inputs/0/data", JSON.readTree("[1.5]")),
            Map.entry("/inputs/0/data", JSON.readTree("[2147483648]")),
            Map.entry("/inputs", JSON.readTree("[]")));
    for (Map.Entry<String, JsonNode> change : wrong) {
      JsonNode changed = sample.deepCopy();
      String path = change.getKey();
      int slash = path.lastIndexOf('/');
      ((ObjectNode) changed.at(path.substring(0, slash)))
          .set(path.substring(slash + 1), change.getValue());
      assertThat(request.validate(changed)).as(change.toString()).isNotEmpty();
    }
  }

  @Test
  void theHealthCheckSaysWhatTheProcessSays() throws Exception {
    AtomicBoolean ready = new AtomicBoolean();
    String port;
    try (AdminServer server =
        AdminServer.start(
            0, () -> "", () -> new Readiness(List.of(new Readiness.Part("p", ready.get(), ""))))) {
      port = Integer.toString(server.port());
      assertThat(healthcheck("/livez", port)).isZero();
      assertThat(healthcheck("/readyz", port)).isNotZero();
      ready.set(true);
      assertThat(healthcheck("/readyz", port)).isZero();
    }
    assertThat(healthcheck("/livez", port)).isNotZero();
  }

  private static int healthcheck(String path, String port) throws Exception {
    Process process =
        new ProcessBuilder(out.resolve("bin/healthcheck").toString(), path, port)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"smoke-test.sh", "bin/healthcheck"})
  void scriptsAreBash(String script) throws Exception {
    Process process =
        new ProcessBuilder("bash", "-n", out.resolve(script).toString())
            .redirectErrorStream(true)
            .start();

    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEmpty();
    assertThat(process.exitValue()).isZero();
    assertThat(out.resolve(script)).isExecutable();
  }

  @Test
  void namesFitKubernetesAndModelsOfAllKindsHaveASample() throws Exception {
    OnnxGraph graph = new OnnxGraph("texts");
    String text = graph.input("it's", TensorDatatype.BYTES, -1, 2);
    graph.input("flag", TensorDatatype.BOOL);
    graph.node("Identity", Map.of(), List.of(text), List.of("out's"));
    graph.output("out's", TensorDatatype.BYTES, -1, 2);
    Path model = folder.resolve("3." + "x".repeat(60));
    graph.write(model.resolve("1/model.onnx"));
    ModelPackage made = ModelPackage.of(model, "", "base:1");

    int unused = made.write("", folder.resolve("made"));

    assertThat(made.image()).startsWith("millrace-model-3-xxx").endsWith("x:1");
    assertThat(Files.readString(folder.resolve("made/chart/Chart.yaml")))
        .containsPattern("name: model-3-x{32}\n");
    JsonNode sample = JSON.readTree(folder.resolve("made/config/smoke.json").toFile());
    assertThat(sample.at("/inputs/0/data").toString()).isEqualTo("[\"a\",\"a\"]");
    assertThat(sample.at("/inputs/1/data").toString()).isEqualTo("[true]");
    assertThat(Files.readString(folder.resolve("made/smoke-test.sh")))
        .contains("for output in 'out'\\''s'; do");
  }

  @Test
  void whatIsNoModelIsRefused() throws Exception {
    Path text = Files.createDirectories(folder.resolve("text/1"));
    Files.writeString(text.resolve("model.onnx"), "no model");

    assertThatThrownBy(() -> ModelPackage.of(folder.resolve("none"), "", "b"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("is no directory");
    assertThatThrownBy(() -> ModelPackage.of(folder.resolve("text"), "", "b"))
        .isInstanceOf(ModelException.class);
    Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> ModelPackage.of(folder.resolve("empty"), "", "b"))
        .hasMessageContaining("has no version");
  }
}
