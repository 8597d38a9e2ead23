package io.millrace.platform.apply;

import io.millrace.events.HttpTool;
import io.millrace.events.ProcessTool;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads one entry of {@code targets} or {@code pools} into its spec. */
final class TargetReader {
  static {
    AvroSafety.establish();
  }

  private static final Pattern POOL = Topics.POOL_NAME;
  private static final String POOL_EXPECTED = "1 to 40 lower-case letters, digits and hyphens";

  static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  static final String NAME_EXPECTED =
      "1 to 100 letters, digits, '.', '_' and '-', the first a letter or digit";
  private static final Pattern METHOD = Pattern.compile("GET|HEAD|POST|PUT|PATCH|DELETE");
  private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}");
  private static final Map<String, TargetKind> KINDS = kinds();

  private static final int OUTPUT_BYTES_MAX = 1 << 20;
  private static final int ENTRIES_MAX = 100;

  private final Problems problems;
  private final PolicyReader policies;
  private final RemoteModelReader remotes;
  private final ModelReader models;

  /**
   * @param base directory from which relative paths go
   */
  TargetReader(Problems problems, Path base) {
    this.problems = problems;
    this.policies = new PolicyReader(problems);
    this.remotes = new RemoteModelReader(problems);
    this.models = new ModelReader(problems, base);
  }

  /** The target, or empty if it has no usable name or kind; its problems are noted. */
  Optional<TargetSpec> target(Element element, String path) {
    Optional<Fields> read = Fields.of(element, path, problems);
    if (read.isEmpty()) {
      return Optional.empty();
    }
    Fields fields = read.get();
    TargetSpec spec = TargetSpec.newBuilder().build();
    Optional<String> name = fields.required("name", NAME, NAME_EXPECTED);
    Optional<TargetKind> kind =
        fields.has("kind") ? fields.choice("kind", KINDS) : Optional.of(TargetKind.TOOL);
    fields.matching("version", NAME, NAME_EXPECTED).ifPresent(spec::setVersion);
    fields.matching("pool", POOL, POOL_EXPECTED).ifPresent(spec::setPool);
    fields.text("description").ifPresent(spec::setDescription);
    runner(fields, spec, kind.orElse(TargetKind.UNKNOWN));
    if (fields.has("oip")) {
      remote(fields, spec, kind.orElse(TargetKind.MODEL), name.orElse("unnamed"));
    } else if (kind.orElse(TargetKind.UNKNOWN) == TargetKind.MODEL) {
      models.read(fields, spec);
    } else {
      arguments(fields).ifPresent(spec::setArgumentsSchema);
    }
    policies.read(fields, spec, kind.orElse(TargetKind.UNKNOWN));
    fields.textMap("labels", ENTRIES_MAX).ifPresent(spec::setLabels);
    fields.refuseOthers();
    if (name.isEmpty() || kind.isEmpty()) {
      return Optional.empty();
    }
    spec.setName(name.get());
    spec.setKind(kind.get());
    spec.setTarget(key(kind.get(), name.get(), spec.getVersion()));
    return Optional.of(spec);
  }

  /** The pool, or empty if it has no usable name; its problems are noted. */
  Optional<TargetSpec> pool(Element element, String path) {
    Optional<Fields> read = Fields.of(element, path, problems);
    if (read.isEmpty()) {
      return Optional.empty();
    }
    Fields fields = read.get();
    Optional<TargetSpec> pool =
        fields.required("name", POOL, POOL_EXPECTED).map(TargetReader::pool);
    Optional<String> description = fields.text("description");
    Optional<Map<String, String>> labels = fields.textMap("labels", ENTRIES_MAX);
    Optional<ScalingPolicy> scaling = PolicyReader.scaling(fields);
    fields.refuseOthers();
    pool.ifPresent(
        spec -> {
          scaling.ifPresent(spec::setScaling);
          description.ifPresent(spec::setDescription);
          labels.ifPresent(spec::setLabels);
        });
    return pool;
  }

  /** A pool of which nothing but its name is known. */
  static TargetSpec pool(String name) {
    return TargetSpec.newBuilder().setTarget("pool:" + name).setName(name).setPool(name).build();
  }

  /** A model that another server runs. */
  private void remote(Fields fields, TargetSpec spec, TargetKind kind, String name) {
    fields.fields("oip").ifPresent(oip -> spec.setModel(remotes.read(oip, name)));
    spec.setIdempotent(true);
    if (kind != TargetKind.MODEL) {
      fields.wrong("oip", "only a model is run this way; leave it out, or write kind: model");
    }
  }

  static String key(TargetKind kind, String name, String version) {
    String key = kind.name().toLowerCase(Locale.ROOT) + ":" + name;
    return kind == TargetKind.MODEL ? key + "@" + version : key;
  }

  private void runner(Fields fields, TargetSpec spec, TargetKind kind) {
    List<String> given = new ArrayList<>();
    for (String runner : List.of("builtin", "http", "process")) {
      if (fields.has(runner)) {
        given.add(runner);
      }
    }
    fields.matching("builtin", NAME, NAME_EXPECTED).ifPresent(spec::setBuiltin);
    fields.fields("http").ifPresent(http -> spec.setHttp(http(http)));
    fields.fields("process").ifPresent(process -> spec.setProcess(process(process)));
    if (kind == TargetKind.TOOL && given.size() != 1) {
      fields.wrong(
          given.size() > 1 ? given.get(1) : "name",
          "a tool needs exactly one of builtin, http and process, but "
              + (given.isEmpty() ? "none" : String.join(" and ", given))
              + " is given");
    } else if (kind != TargetKind.TOOL && kind != TargetKind.UNKNOWN && !given.isEmpty()) {
      fields.wrong(given.get(0), "only a tool is run this way; leave it out, or write kind: tool");
    }
  }

  private HttpTool http(Fields fields) {
    HttpTool tool = HttpTool.newBuilder().build();
    fields
        .matching("method", METHOD, "one of GET, HEAD, POST, PUT, PATCH, DELETE")
        .ifPresent(tool::setMethod);
    Optional<String> url = fields.text("url");
    if (url.isPresent()) {
      Templates.urlProblem(url.get()).ifPresent(problem -> fields.wrong("url", problem));
      tool.setUrl(url.get());
    } else if (!fields.has("url")) {
      fields.wrong("url", "is missing; expected a URL such as http://127.0.0.1:8080/{city}");
    }
    fields
        .textMap("headers", ENTRIES_MAX)
        .ifPresent(
            headers -> {
              headers.forEach((name, value) -> header(fields, name, value));
              tool.setHeaders(headers);
            });
    fields.text("body").ifPresent(tool::setBody);
    fields
        .integer("response_bytes_max", 1, OUTPUT_BYTES_MAX)
        .ifPresent(bytes -> tool.setResponseBytesMax(bytes.intValue()));
    fields.refuseOthers();
    return tool;
  }

  private static void header(Fields fields, String name, String value) {
    if (!HEADER.matcher(name).matches()) {
      fields.wrong("headers", "'" + name + "' is no name of an HTTP header");
    }
    if (value.chars().anyMatch(c -> c < ' ' && c != '\t')) {
      fields.wrong("headers", "the value of " + name + " has a line break or control character");
    }
  }

  private ProcessTool process(Fields fields) {
    ProcessTool tool = ProcessTool.newBuilder().build();
    List<String> argv =
        fields
            .someTexts("argv", "the program and its arguments, a list of texts")
            .orElse(List.of());
    for (int i = 0; i < argv.size(); i++) {
      String at = "argument " + i + " ";
      Templates.problem(argv.get(i)).ifPresent(problem -> fields.wrong("argv", at + problem));
    }
    if (!argv.isEmpty() && argv.get(0).contains("{")) {
      fields.wrong("argv", "the program must be fixed, or an argument of the call could choose it");
    }
    tool.setArgv(argv);
    fields.text("working_directory").ifPresent(tool::setWorkingDirectory);
    fields.textMap("environment", ENTRIES_MAX).ifPresent(tool::setEnvironment);
    fields
        .integer("output_bytes_max", 1, OUTPUT_BYTES_MAX)
        .ifPresent(bytes -> tool.setOutputBytesMax(bytes.intValue()));
    fields.refuseOthers();
    return tool;
  }

  private static Optional<String> arguments(Fields fields) {
    Optional<Element> element = fields.element("arguments");
    if (element.isEmpty()) {
      return Optional.empty();
    }
    var schema = element.get().toJson();
    List<String> wrong = ArgumentsSchema.problems(schema);
    wrong.forEach(problem -> fields.wrong("arguments", problem));
    return wrong.isEmpty() ? Optional.of(schema.toString()) : Optional.empty();
  }

  private static Map<String, TargetKind> kinds() {
    Map<String, TargetKind> kinds = new LinkedHashMap<>();
    for (TargetKind kind : TargetKind.values()) {
      if (kind != TargetKind.UNKNOWN) {
        kinds.put(kind.name().toLowerCase(Locale.ROOT), kind);
      }
    }
    return kinds;
  }
}
