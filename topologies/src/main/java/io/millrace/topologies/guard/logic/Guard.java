package io.millrace.topologies.guard.logic;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.ValidationMessage;
import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Says which calls may go on: a row of rules, each with a verdict; the first refusal counts.
 *
 * <p>Rules look at the call and at what is registered, never at health or load: those are
 * dispatch's.
 */
public final class Guard {
  /** Longest arguments, UTF-16 units of JSON text (1 MiB of ASCII). */
  public static final int ARGUMENTS_LENGTH_MAX = 1024 * 1024;

  /** Longest operation id, UTF-16 units. */
  public static final int ID_LENGTH_MAX = 128;

  /** Longest name of a tenant or target, UTF-16 units. */
  public static final int NAME_LENGTH_MAX = 256;

  /** Longest correlation id, traceparent, version or name of a parent, UTF-16 units. */
  public static final int CONTEXT_LENGTH_MAX = 1_024;

  private static final int PROBLEMS_SHOWN = 5;
  private static final int PROBLEM_LENGTH_MAX = 400;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(200)
                      .maxStringLength(ARGUMENTS_LENGTH_MAX)
                      .maxNumberLength(1_000)
                      .build())
              .build());

  private static final List<Rule> RULES =
      List.of(
          Guard::identity,
          Guard::context,
          Guard::replyPartition,
          Guard::clock,
          Guard::version,
          Guard::speculation,
          Guard::arguments);

  private Guard() {}

  /**
   * What a call is judged against.
   *
   * @param target what it asks for; null if that is not registered (yet)
   * @param replyPartitions partitions of the results topic
   * @param skewMillis how far in the future an operation id's time may lie
   * @param now milliseconds since the epoch
   */
  public record Circumstances(
      @Nullable Target target, int replyPartitions, long skewMillis, long now) {}

  /** One rule. */
  private interface Rule {
    /** Null if the call may go on. */
    @Nullable Refusal check(Request request, Circumstances circumstances);
  }

  /**
   * Judges a call.
   *
   * @return why it may not go on; empty if it may
   */
  public static Optional<Refusal> check(Request request, Circumstances circumstances) {
    for (Rule rule : RULES) {
      Refusal refusal = rule.check(request, circumstances);
      if (refusal != null) {
        return Optional.of(refusal);
      }
    }
    return Optional.empty();
  }

  private static @Nullable Refusal identity(Request request, Circumstances circumstances) {
    String id = request.getOperationId();
    if (id.isBlank() || id.length() > ID_LENGTH_MAX) {
      return Refusal.of(
          "ID_INVALID",
          "id has %d characters; expected a UUIDv7, 1 to %d characters"
              .formatted(id.length(), ID_LENGTH_MAX));
    }
    if (request.getTarget().length() > NAME_LENGTH_MAX || request.getTarget().endsWith(":")) {
      return Refusal.of(
          "TARGET_INVALID",
          "target has %d characters; expected the name of a tool, such as 'search'"
              .formatted(request.getTarget().length()));
    }
    if (request.getTenant().isBlank() || request.getTenant().length() > NAME_LENGTH_MAX) {
      return Refusal.of(
          "TENANT_INVALID",
          "tenant has %d characters; expected 1 to %d"
              .formatted(request.getTenant().length(), NAME_LENGTH_MAX));
    }
    return null;
  }

  private static @Nullable Refusal context(Request request, Circumstances circumstances) {
    for (String text :
        new String[] {
          request.getCorrelationId(),
          request.getTraceparent(),
          request.getTargetVersion(),
          request.getParentId(),
          request.getParentCall()
        }) {
      if (text != null && text.length() > CONTEXT_LENGTH_MAX) {
        return Refusal.of(
            "CONTEXT_TOO_LARGE",
            "correlation_id, traceparent, target_version, parent_id and parent_call may have %d characters each; one has %d"
                .formatted(CONTEXT_LENGTH_MAX, text.length()));
      }
    }
    return null;
  }

  /** Nothing that may have an effect is ever run for a call that nobody has made. */
  private static @Nullable Refusal speculation(Request request, Circumstances circumstances) {
    Target target = circumstances.target();
    if (!request.getSpeculative() || (target != null && target.speculative())) {
      return null;
    }
    return Refusal.of(
        "SPECULATION_NOT_DECLARED",
        "%s is not declared read_only, idempotent, cacheable and speculate; expected a call without speculative"
            .formatted(name(request.getTarget())));
  }

  /** Cuts what a refused call says of itself, so that the records about it fit their topics. */
  public static void bound(Request request) {
    request.setTenant(name(request.getTenant()));
    request.setTarget(name(request.getTarget()));
    request.setCorrelationId(context(request.getCorrelationId()));
    request.setParentCall(context(request.getParentCall()));
    String traceparent = request.getTraceparent();
    request.setTraceparent(traceparent == null ? null : context(traceparent));
    String parent = request.getParentId();
    request.setParentId(parent == null ? null : context(parent));
  }

  /** A name or id, cut where it is too long to be one. */
  public static String name(String given) {
    return cut(given, NAME_LENGTH_MAX);
  }

  /** A correlation id, traceparent or parent id, cut where it is too long to be one. */
  public static String context(String given) {
    return cut(given, CONTEXT_LENGTH_MAX);
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length);
  }

  private static @Nullable Refusal replyPartition(Request request, Circumstances circumstances) {
    Integer partition = request.getReplyPartition();
    if (partition != null && (partition < 0 || partition >= circumstances.replyPartitions())) {
      return Refusal.of(
          "REPLY_PARTITION_INVALID",
          "reply_partition is %d; expected 0 to %d, or none"
              .formatted(partition, circumstances.replyPartitions() - 1));
    }
    return null;
  }

  private static @Nullable Refusal clock(Request request, Circumstances circumstances) {
    long ahead =
        io.millrace.schemas.identity.Ids.timeOf(request.getOperationId())
            .map(made -> made.toEpochMilli() - circumstances.now())
            .orElse(0L);
    if (ahead <= circumstances.skewMillis()) {
      return null;
    }
    return Refusal.of(
        "ID_FROM_THE_FUTURE",
        "the id's time lies %d ms ahead; expected at most %d: set the caller's clock"
            .formatted(ahead, circumstances.skewMillis()));
  }

  private static @Nullable Refusal version(Request request, Circumstances circumstances) {
    Target target = circumstances.target();
    String asked = request.getTargetVersion();
    if (target == null || asked == null || asked.equals(target.spec().getVersion())) {
      return null;
    }
    return Refusal.of(
        "VERSION_UNKNOWN",
        "version %s of %s was asked for; registered is %s"
            .formatted(asked, target.name(), target.spec().getVersion()));
  }

  private static @Nullable Refusal arguments(Request request, Circumstances circumstances) {
    String arguments = request.getArguments();
    if (arguments.length() > ARGUMENTS_LENGTH_MAX) {
      return Refusal.of(
          "ARGUMENTS_TOO_LARGE",
          "arguments are %d characters long; expected at most %d: pass a reference to large data"
              .formatted(arguments.length(), ARGUMENTS_LENGTH_MAX));
    }
    Target target = circumstances.target();
    if (target == null || target.argumentsSchema() == null) {
      return isObject(arguments);
    }
    JsonNode parsed;
    try {
      parsed = JSON.readTree(arguments);
    } catch (IOException e) {
      return notJson(e);
    }
    if (!parsed.isObject()) {
      return notAnObject();
    }
    Set<ValidationMessage> problems;
    try {
      problems = target.argumentsSchema().validate(parsed);
    } catch (StackOverflowError e) {
      return Refusal.of(
          "ARGUMENTS_INVALID",
          "arguments nest too deeply for the schema of %s, or that refers to itself without end"
              .formatted(target.name()));
    }
    if (problems.isEmpty()) {
      return null;
    }
    return Refusal.of(
        "ARGUMENTS_INVALID",
        "arguments do not fit the schema of %s: %s"
            .formatted(
                target.name(),
                problems.stream()
                    .limit(PROBLEMS_SHOWN)
                    .map(problem -> cut(problem.getMessage(), PROBLEM_LENGTH_MAX))
                    .collect(Collectors.joining("; "))));
  }

  private static @Nullable Refusal isObject(String arguments) {
    try (JsonParser parser = JSON.createParser(arguments)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return notAnObject();
      }
      parser.skipChildren();
      return parser.nextToken() == null ? null : notAnObject();
    } catch (IOException e) {
      return notJson(e);
    }
  }

  private static Refusal notJson(IOException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return Refusal.of(
        "ARGUMENTS_INVALID", "arguments are not JSON: " + cut(message, PROBLEM_LENGTH_MAX));
  }

  private static Refusal notAnObject() {
    return Refusal.of("ARGUMENTS_INVALID", "arguments are not one JSON object");
  }
}
