package io.millrace.toolworker.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.CallContext;
import io.millrace.toolworker.Tool;
import io.millrace.toolworker.ToolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Appends {@code line} to {@code file}, then waits {@code ms} milliseconds: an effect that can be
 * counted, for fault drills.
 *
 * <p>Off unless the worker is given a directory; it writes directly in that directory only.
 */
public final class AppendLineTool implements Tool {

  /** Setting of the worker: the directory that may be written to. */
  public static final String DIRECTORY = "tools.append.dir";

  private @Nullable Path directory;

  @Override
  public String name() {
    return "append-line";
  }

  @Override
  public void configure(Map<String, String> settings) {
    String given = settings.getOrDefault(DIRECTORY, "");
    directory = given.isEmpty() ? null : Path.of(given).toAbsolutePath();
  }

  @Override
  public CompletionStage<JsonNode> call(ObjectNode arguments, CallContext context) {
    Path file = file(Arguments.text(arguments, "file"));
    String line = Arguments.text(arguments, "line");
    if (line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0) {
      throw ToolException.arguments("line contains a line end; expected one line");
    }
    Duration delay = Arguments.delay(arguments);
    return context
        .<Path>blocking(
            () -> {
              append(file, line);
              return file;
            })
        .thenCompose(written -> context.delay(delay))
        .thenApply(nothing -> arguments);
  }

  private Path file(String name) {
    Path allowed = directory;
    if (allowed == null) {
      throw new ToolException(
          "TOOL_OFF",
          "append-line is off on this worker; set " + DIRECTORY + " to a directory to allow it",
          false);
    }
    try {
      Path file = allowed.resolve(name);
      if (allowed.equals(file.getParent()) && file.equals(file.normalize())) {
        return file;
      }
    } catch (InvalidPathException e) {
      throw ToolException.arguments("file is no file name: " + e.getMessage());
    }
    throw ToolException.arguments("file is '" + name + "'; expected a name without a directory");
  }

  private static void append(Path file, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    try (SeekableByteChannel channel =
        Files.newByteChannel(
            file,
            Set.of(
                StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS))) {
      // One write: lines of several workers must not mix.
      channel.write(bytes);
    }
  }
}
