package io.millrace.inference.compose;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.millrace.events.Tensor;
import io.millrace.inference.ModelException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A condition on tensors, request parameters and tenant, in the Common Expression Language.
 *
 * <p>Of each tensor {@code x} there are {@code x.shape}, {@code x.rank}, {@code x.size} (elements),
 * {@code x.bytes}, {@code x.min}, {@code x.max}, {@code x.mean}, {@code x.std} and {@code
 * x.confidence} (the least of the rows' largest elements); beside them {@code parameters} and
 * {@code tenant}. Each is declared with its type, so that a wrong name or comparison is found when
 * the condition is declared. There are no loops: macros are off, regular expressions are RE2's, and
 * the text is bounded, so that its cost is linear in its length and in what it looks at.
 *
 * <p>Reference: Common Expression Language, language definition (cel-spec).
 */
public final class Condition {
  private static final int LENGTH_MAX = 1_000;
  private static final int DEPTH_MAX = 32;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern FIELD =
      Pattern.compile(
          "([A-Za-z_][A-Za-z0-9_]*)\\.(shape|rank|size|bytes|min|max|mean|std|confidence)\\b");
  private static final CelOptions OPTIONS =
      CelOptions.current()
          .maxExpressionCodePointSize(LENGTH_MAX)
          .maxParseRecursionDepth(DEPTH_MAX)
          .enableHeterogeneousNumericComparisons(true)
          .build();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.legacyCelRuntimeBuilder().setOptions(OPTIONS).build();

  private final String where;
  private final CelRuntime.Program program;

  private Condition(String where, CelRuntime.Program program) {
    this.where = where;
    this.program = program;
  }

  /** The tensors whose fields an expression seems to mention, sorted out by who knows the names. */
  public static Set<String> mentioned(String expression) {
    Set<String> tensors = new LinkedHashSet<>();
    Matcher fields = FIELD.matcher(expression);
    while (fields.find()) {
      if (!fields.group(1).equals("parameters")) {
        tensors.add(fields.group(1));
      }
    }
    return tensors;
  }

  /**
   * Compiles.
   *
   * @param where names the field, for messages
   * @param tensors names of those that it may look at
   * @throws ModelException MODEL_CONFIG_INVALID if it is no expression that gives true or false
   */
  public static Condition compile(String where, String expression, Collection<String> tensors) {
    CelCompilerBuilder compiler =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setResultType(SimpleType.BOOL)
            .addVar("tenant", SimpleType.STRING)
            .addVar("parameters", MapType.create(SimpleType.STRING, SimpleType.DYN));
    for (String tensor : tensors) {
      compiler.addVar(tensor + ".shape", ListType.create(SimpleType.INT));
      for (String whole : new String[] {"rank", "size", "bytes"}) {
        compiler.addVar(tensor + "." + whole, SimpleType.INT);
      }
      for (String real : new String[] {"min", "max", "mean", "std", "confidence"}) {
        compiler.addVar(tensor + "." + real, SimpleType.DOUBLE);
      }
    }
    try {
      return new Condition(
          where, RUNTIME.createProgram(compiler.build().compile(expression).getAst()));
    } catch (CelValidationException | CelEvaluationException e) {
      throw ModelException.config(
          "%s: '%s' is no condition: %s".formatted(where, expression, e.getMessage()));
    }
  }

  /**
   * Whether it holds.
   *
   * @param tensors by name; those that are left out are missing
   * @param parameters of the request, each the text of one JSON value
   * @throws ModelException CONDITION_FAILED if it cannot be told, such as for a parameter that is
   *     missing
   */
  boolean holds(Map<String, Tensor> tensors, Map<String, String> parameters, String tenant) {
    try {
      Object result = program.eval(name -> variable(name, tensors, parameters, tenant));
      return Boolean.TRUE.equals(result);
    } catch (CelEvaluationException e) {
      throw new ModelException(
          "CONDITION_FAILED", "%s cannot be told: %s".formatted(where, e.getMessage()), false);
    }
  }

  private static Optional<Object> variable(
      String name, Map<String, Tensor> tensors, Map<String, String> parameters, String tenant) {
    if (name.equals("tenant")) {
      return Optional.of(tenant);
    }
    if (name.equals("parameters")) {
      return Optional.of(values(parameters));
    }
    int dot = name.lastIndexOf('.');
    Tensor tensor = dot < 0 ? null : tensors.get(name.substring(0, dot));
    return tensor == null
        ? Optional.empty()
        : Optional.of(Statistics.field(tensor, name.substring(dot + 1)));
  }

  private static Map<String, Object> values(Map<String, String> parameters) {
    Map<String, Object> values = new HashMap<>();
    parameters.forEach((name, text) -> values.put(name, value(text)));
    return values;
  }

  private static Object value(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      if (json.isBoolean()) {
        return json.booleanValue();
      }
      if (json.isIntegralNumber() && json.canConvertToLong()) {
        return json.longValue();
      }
      return json.isNumber() ? (Object) json.doubleValue() : json.asText(text);
    } catch (JsonProcessingException notJson) {
      return text;
    }
  }
}
