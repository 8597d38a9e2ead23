package io.millrace.toolworker.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.ProcessTool;
import io.millrace.toolworker.FakeCall;
import io.millrace.toolworker.ToolException;
import io.millrace.toolworker.template.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Programs that every machine has, and this JVM's own Java where more is needed. */
@NullUnmarked
@Timeout(60)
class ProgramToolTest {

  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private final FakeCall call = new FakeCall();
  @TempDir Path directory;

  @AfterEach
  void close() {
    call.cancellation().cancel();
    call.close();
  }

  private static ProcessTool.Builder program(String... argv) {
    return ProcessTool.newBuilder().setArgv(List.of(argv));
  }

  private CompletableFuture<JsonNode> start(ProcessTool.Builder declaration, ObjectNode arguments) {
    return new ProgramTool("tool:t", declaration.build(), System.getenv("PATH"))
        .call(arguments, call)
        .toCompletableFuture()
        .thenApply(node -> (JsonNode) node);
  }

  private JsonNode run(ProcessTool.Builder declaration, String arguments) {
    return start(declaration, (ObjectNode) Json.parse(arguments)).join();
  }

  private static ToolException failure(Runnable call) {
    try {
      call.run();
    } catch (CompletionException e) {
      return (ToolException) e.getCause();
    } catch (ToolException e) {
      return e;
    }
    throw new AssertionError("The call did not fail");
  }

  /** A program in one Java file, for what no common program does. */
  private ProcessTool.Builder java(String body, String... arguments) throws Exception {
    Path file = directory.resolve("Program.java");
    Files.writeString(
        file,
        "class Program { public static void main(String[] a) throws Exception { " + body + " } }");
    String[] argv = {JAVA, "-Xint", "-XX:+UseSerialGC", file.toString()};
    String[] all = Arrays.copyOf(argv, argv.length + arguments.length);
    System.arraycopy(arguments, 0, all, argv.length, arguments.length);
    return program(all);
  }

  @Test
  void theArgumentsComeAsJsonOnStandardInput() {
    assertThat(run(program("cat"), "{\"a\":1.50}")).isEqualTo(Json.parse("{\"a\":1.50}"));
  }

  @Test
  void argumentsLargerThanAPipeGoThroughWhateverTheProgramDoesFirst() {
    ObjectNode arguments = JsonNodeFactory.instance.objectNode().put("a", "x".repeat(900_000));
    assertThat(start(program("cat"), arguments).join()).isEqualTo(arguments);
    assertThat(start(program("echo", "unread"), arguments).join().textValue()).isEqualTo("unread");
  }

  @Test
  void anArgumentStaysOneWhateverItContains() {
    assertThat(
            run(program("printf", "[%s]", "{a}", "b"), "{\"a\":\"x y; $(id) `id` 'q' \\\" * |\"}")
                .textValue())
        .isEqualTo("[x y; $(id) `id` 'q' \" * |][b]");
  }

  @Test
  void theEnvironmentIsPathAMarkAndWhatIsDeclared() {
    String said = run(program("env").setEnvironment(Map.of("GIVEN", "1")), "{}").textValue();
    assertThat(said.lines().map(line -> line.substring(0, line.indexOf('='))))
        .containsExactlyInAnyOrder("PATH", "GIVEN", ProcessTree.MARK);
  }

  @Test
  void itStartsInItsDirectory() {
    assertThat(
            run(program("pwd", "-P").setWorkingDirectory(directory.toString()), "{}").textValue())
        .endsWith(directory.getFileName().toString());
  }

  @Test
  void anExitCodeIsAFailureWithTheEndOfWhatWasSaid() throws Exception {
    ToolException failure =
        failure(
            () -> {
              try {
                run(
                    java(
                        "for (int i = 0; i < 5000; i++) System.err.println(\"line \" + i);"
                            + " System.err.print(\"the last word\"); System.exit(3);"),
                    "{}");
              } catch (Exception e) {
                throw e instanceof RuntimeException r ? r : new IllegalStateException(e);
              }
            });
    assertThat(failure.code()).isEqualTo("EXIT_3");
    assertThat(failure.getMessage()).endsWith("the last word").hasSizeLessThan(2_200);
  }

  @Test
  void aProgramThatPrintsTooMuchIsKilled() {
    ToolException failure = failure(() -> run(program("yes").setOutputBytesMax(10_000), "{}"));
    assertThat(failure.code()).isEqualTo("OUTPUT_TOO_LARGE");
    assertThat(failure.retryable()).isFalse();
  }

  @Test
  void cancellingKillsTheWholeTree() throws Exception {
    Path pids = directory.resolve("pids");
    CompletableFuture<JsonNode> running =
        start(
            java(
                "Process p = new ProcessBuilder(\"sleep\", \"600\").inheritIO().start();"
                    + " java.nio.file.Path t = java.nio.file.Path.of(a[0] + \".tmp\");"
                    + " java.nio.file.Files.writeString(t,"
                    + " ProcessHandle.current().pid() + \" \" + p.pid());"
                    + " java.nio.file.Files.move(t, java.nio.file.Path.of(a[0]));"
                    + " p.waitFor();",
                pids.toString()),
            JsonNodeFactory.instance.objectNode());
    await().until(() -> Files.exists(pids));
    List<Long> ids = Arrays.stream(Files.readString(pids).split(" ")).map(Long::parseLong).toList();
    assertThat(ids).hasSize(2).allMatch(ProgramToolTest::alive);
    call.cancellation().cancel();
    await().until(() -> ids.stream().noneMatch(ProgramToolTest::alive));
    await().until(running::isDone);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void cancellingKillsAlsoWhatHasLeftTheTree() throws Exception {
    Path pid = directory.resolve("pid");
    CompletableFuture<JsonNode> running =
        start(
            program("sh", "-c", "(setsid sleep 600 & echo $! > pid.tmp; mv pid.tmp pid); sleep 600")
                .setWorkingDirectory(directory.toString()),
            JsonNodeFactory.instance.objectNode());
    await().until(() -> Files.exists(pid));
    long daemon = Long.parseLong(Files.readString(pid).strip());
    assertThat(alive(daemon)).isTrue();
    call.cancellation().cancel();
    await().until(() -> !alive(daemon));
    await().until(running::isDone);
  }

  private static boolean alive(long pid) {
    // A zombie that nobody has collected yet does nothing any more.
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent()
        && !state(pid).equals("Z");
  }

  private static String state(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    } catch (java.io.IOException e) {
      return "";
    }
  }

  @Test
  void aChildThatKeepsTheOutputOpenDoesNotHoldTheCall() throws Exception {
    JsonNode said =
        run(
            java(
                "new ProcessBuilder(\"sleep\", \"20\").inheritIO().start();"
                    + " System.out.print(\"done\");"),
            "{}");
    assertThat(said.textValue()).isEqualTo("done");
  }

  @Test
  void aProgramThatIsNotThereIsNamed() {
    ToolException failure = failure(() -> run(program("no-such-program-here"), "{}"));
    assertThat(failure.code()).isEqualTo("START_FAILED");
    assertThat(failure).hasMessageContaining("no-such-program-here");
  }

  @Test
  void aDeclarationInWhichACallChoosesTheProgramIsRefused() {
    assertThat(failure(() -> run(program("{a}", "x"), "{\"a\":\"rm\"}")).code())
        .isEqualTo("TARGET_INVALID");
    assertThat(failure(() -> run(program("/bin/{a}"), "{\"a\":\"rm\"}")).code())
        .isEqualTo("TARGET_INVALID");
    assertThat(failure(() -> run(ProcessTool.newBuilder(), "{}")).code())
        .isEqualTo("TARGET_INVALID");
  }

  @Test
  void theNulCharacterIsRefused() {
    assertThatThrownBy(() -> run(program("echo", "{a}"), "{\"a\":\"x\\u0000y\"}"))
        .hasMessageContaining("NUL");
  }
}
