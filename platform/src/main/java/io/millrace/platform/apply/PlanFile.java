package io.millrace.platform.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.events.FailurePolicy;
import io.millrace.events.PlannedCall;
import io.millrace.events.ToolPlan;
import io.millrace.schemas.serde.AvroSafety;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The calls that a {@code plan.json} asks for.
 *
 * <p>References between calls are checked where the plan runs, so that a plan from a file is judged
 * like any other.
 *
 * @param deadline time for all of it from when it is sent; null: the platform's default
 * @param calls in the file's order
 */
public record PlanFile(@Nullable Duration deadline, List<PlannedCall> calls) {
  private static final int CALLS_MAX = 1_000;
  private static final int ARGUMENTS_CHARS_MAX = 1 << 20;
  private static final Duration MS = Duration.ofMillis(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,99}");
  private static final String NAME_EXPECTED =
      "1 to 100 letters, digits, '_' and '-', the first a letter or '_'";
  private static final Pattern TOOL = Pattern.compile("(tool:)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final Map<String, FailurePolicy> POLICIES = policies();

  static {
    AvroSafety.establish();
  }

  /** Copies the calls. */
  public PlanFile {
    calls = List.copyOf(calls);
  }

  /**
   * Reads a file of at most 1 MiB: JSON if its name ends in {@code .json}, YAML otherwise.
   *
   * @throws InvalidDocumentException with everything that is wrong with it
   */
  public static PlanFile read(Path file) throws InvalidDocumentException {
    return parse(file.toString(), Documents.read(file));
  }

  /**
   * Reads the text of a file.
   *
   * @param file its name, for error messages and by its ending for the format
   * @throws InvalidDocumentException with everything that is wrong with it
   */
  public static PlanFile parse(String file, String text) throws InvalidDocumentException {
    Problems problems = new Problems(file);
    List<Element> documents = Documents.parse(file, text, problems);
    if (documents.size() != 1) {
      problems.add(
          0, "", "expected one document with the key calls, but there are " + documents.size());
    }
    problems.throwIfAny();
    Optional<PlanFile> plan =
        Fields.of(documents.get(0), "", problems).map(fields -> plan(fields, problems));
    problems.throwIfAny();
    return plan.orElseThrow();
  }

  /**
   * The plan as an event.
   *
   * @param id its operation id, a UUIDv7
   * @param tenant who it is for
   * @param now when it is sent; its deadline counts from here
   */
  public ToolPlan toEvent(String id, String tenant, Instant now) {
    return ToolPlan.newBuilder()
        .setId(id)
        .setTenant(tenant)
        .setOccurredAt(now)
        .setCalls(new ArrayList<>(calls))
        .setDeadlineAt(deadline == null ? null : now.plus(deadline))
        .build();
  }

  private static PlanFile plan(Fields fields, Problems problems) {
    @Nullable Duration deadline = fields.duration("deadline", MS, DAY).orElse(null);
    List<Element> items =
        fields.someItems("calls", "a list of 1 to " + CALLS_MAX + " calls").orElse(List.of());
    fields.refuseOthers();
    List<PlannedCall> calls = new ArrayList<>();
    Map<String, Integer> lines = new HashMap<>();
    for (int i = 0; i < items.size(); i++) {
      String path = "calls[" + i + "]";
      Optional<Fields> read = Fields.of(items.get(i), path, problems);
      if (read.isPresent()) {
        PlannedCall call = call(read.get());
        Integer earlier =
            call.getName().isEmpty()
                ? null
                : lines.putIfAbsent(call.getName(), items.get(i).line());
        if (earlier != null) {
          read.get()
              .wrong("name", "'" + call.getName() + "' is taken by the call on line " + earlier);
        }
        calls.add(call);
      }
    }
    return new PlanFile(deadline, calls);
  }

  private static PlannedCall call(Fields fields) {
    PlannedCall call = new PlannedCall();
    call.setName(fields.required("name", NAME, NAME_EXPECTED).orElse(""));
    call.setTarget(fields.required("tool", TOOL, "the name of a tool, such as search").orElse(""));
    call.setArguments(arguments(fields));
    call.setAfter(fields.texts("after").orElse(List.of()));
    Optional<FailurePolicy> policy = fields.choice("on_failure", POLICIES);
    call.setOnFailure(policy.orElse(FailurePolicy.FAIL));
    fields
        .element("default")
        .ifPresent(element -> call.setDefaultOutput(element.toJson().toString()));
    if (fields.has("default") && call.getOnFailure() != FailurePolicy.DEFAULT) {
      fields.wrong("default", "is never taken; write on_failure: default, or leave it out");
    }
    fields.duration("timeout", MS, DAY).ifPresent(time -> call.setTimeoutMs(time.toMillis()));
    fields.refuseOthers();
    return call;
  }

  private static String arguments(Fields fields) {
    Optional<Element> element = fields.element("arguments");
    if (element.isEmpty()) {
      return "{}";
    }
    JsonNode arguments = element.get().toJson();
    String text = arguments.toString();
    if (!arguments.isObject()) {
      fields.wrong(
          "arguments",
          "expected an object such as {\"city\": \"Oslo\"}, but "
              + element.get().describe()
              + " is given");
    } else if (text.length() > ARGUMENTS_CHARS_MAX) {
      fields.wrong("arguments", "are longer than 1 MiB");
    }
    return text;
  }

  private static Map<String, FailurePolicy> policies() {
    Map<String, FailurePolicy> policies = new LinkedHashMap<>();
    policies.put("fail", FailurePolicy.FAIL);
    policies.put("skip", FailurePolicy.SKIP);
    policies.put("default", FailurePolicy.DEFAULT);
    return policies;
  }
}
