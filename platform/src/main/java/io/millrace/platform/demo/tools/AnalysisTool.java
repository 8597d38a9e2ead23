package io.millrace.platform.demo.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.platform.demo.analysis.Analysis;
import io.millrace.platform.demo.analysis.AnalysisOptions;
import io.millrace.platform.demo.analysis.TreeLimits;
import io.millrace.toolworker.BlockingTool;
import io.millrace.toolworker.CallContext;
import io.millrace.toolworker.ToolException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Runs one {@link Analysis} over a source tree: {@code {"root": "/a/folder", "top": 20,
 * "size_bytes_max": 1000000}}, of which only {@code root} must be there.
 *
 * <p>It reads whatever folder the worker may read, so a target for it should allow only the roots
 * it is meant for, by the schema of its arguments. Other arguments are ignored.
 */
public abstract class AnalysisTool implements BlockingTool {

  private final Analysis analysis;

  AnalysisTool(String name) {
    this.analysis =
        Analysis.all().stream()
            .filter(known -> known.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no analysis is called " + name));
  }

  @Override
  public String name() {
    return analysis.name();
  }

  @Override
  public JsonNode callBlocking(ObjectNode arguments, CallContext context) throws IOException {
    JsonNode root = arguments.path("root");
    if (!root.isTextual()) {
      throw ToolException.arguments("root is " + shown(root) + "; expected the path of a folder");
    }
    try {
      return analysis.run(Path.of(root.textValue()), options(arguments));
    } catch (InvalidPathException e) {
      throw ToolException.arguments("root is no path: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw ToolException.arguments(String.valueOf(e.getMessage()));
    }
  }

  private static AnalysisOptions options(ObjectNode arguments) {
    AnalysisOptions options = AnalysisOptions.DEFAULT;
    JsonNode top = arguments.path("top");
    if (!top.isMissingNode()) {
      if (!top.isInt()) {
        throw ToolException.arguments(
            "top is " + shown(top) + "; expected a whole number from 1 to 100");
      }
      options = options.withTop(top.intValue());
    }
    JsonNode bytes = arguments.path("size_bytes_max");
    if (!bytes.isMissingNode()) {
      if (!bytes.isIntegralNumber() || !bytes.canConvertToLong()) {
        throw ToolException.arguments(
            "size_bytes_max is " + shown(bytes) + "; expected a whole number of bytes");
      }
      TreeLimits limits = options.limits();
      options =
          options.withLimits(
              new TreeLimits(
                  limits.maxFiles(),
                  limits.maxFileBytes(),
                  Math.min(bytes.longValue(), limits.maxTotalBytes()),
                  limits.maxEntries(),
                  limits.maxDepth()));
    }
    return options;
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "absent" : node.toString();
  }
}
