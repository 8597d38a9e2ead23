package io.millrace.platform.interop;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.millrace.schemas.fixtures.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The programs of {@code platform/src/test/node}, installed by {@code npm ci} from their lockfile.
 */
final class NodeProject {
  /** Set to true where a missing Node is an error and not a reason to skip. */
  private static final String REQUIRED = "millrace.interop.required";

  private static final Path SOURCE = Repository.ROOT.resolve("platform/src/test/node");
  private static final Path FOLDER = Repository.ROOT.resolve("platform/target/interop");
  private static final int NODE_LEAST = 18;
  private static final Duration INSTALL = Duration.ofMinutes(3);
  private static final Duration RUN = Duration.ofSeconds(90);
  private static final Pattern MAJOR = Pattern.compile("v(\\d+)\\..*", Pattern.DOTALL);

  private NodeProject() {}

  /** The text of one of its files. */
  static String source(String name) throws IOException {
    return Files.readString(SOURCE.resolve(name));
  }

  /**
   * Installs the libraries; skips the tests where that cannot be done, unless {@value #REQUIRED}.
   */
  static NodeProject install() throws Exception {
    String node = tryRun(Duration.ofSeconds(20), List.of("node", "--version"));
    Matcher version = MAJOR.matcher(node == null ? "" : node);
    if (!version.matches() || Integer.parseInt(version.group(1)) < NODE_LEAST) {
      return skip("there is no Node " + NODE_LEAST + " or later on the PATH");
    }
    Files.createDirectories(FOLDER);
    for (String name : List.of("package.json", "package-lock.json", "call.mjs", "variants.mjs")) {
      Files.copy(SOURCE.resolve(name), FOLDER.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
    if (tryRun(INSTALL, List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"))
        == null) {
      return skip("'npm ci' failed; see " + FOLDER.resolve("npm.log"));
    }
    return new NodeProject();
  }

  private static NodeProject skip(String reason) {
    String line = "The test of foreign clients is skipped: " + reason;
    if (Boolean.getBoolean(REQUIRED)) {
      return fail(line + ", but -D" + REQUIRED + " is set");
    }
    System.err.println(line);
    return abort(line);
  }

  /** What a program prints on standard output; fails if it does not end well. */
  String run(String program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("node", program));
    command.addAll(List.of(arguments));
    String output = tryRun(RUN, command);
    return output == null
        ? fail(program + " failed: " + Files.readString(FOLDER.resolve("node.log")))
        : output;
  }

  /** Null if there is no such program, if it ends with another code than 0 or not in time. */
  private static @Nullable String tryRun(Duration limit, List<String> command) throws Exception {
    Files.createDirectories(FOLDER);
    String program = command.get(0);
    Path out = FOLDER.resolve(program + ".out");
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(FOLDER.toFile())
              .redirectOutput(out.toFile())
              .redirectError(FOLDER.resolve(program + ".log").toFile())
              .start();
    } catch (IOException noSuchProgram) {
      return null;
    }
    process.getOutputStream().close();
    try {
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      return ended && process.exitValue() == 0
          ? Files.readString(out, StandardCharsets.UTF_8)
          : null;
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
