package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  private final Path directory;

  UsageTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "cal | millrace: Unmatched argument at index 0: 'cal'; did you mean call?",
        "call | millrace: Missing required parameter: 'TOOL'",
        "call t --deadline 3 | millrace: Invalid value for option '--deadline': expected a duration such as 250ms, 2s, 5m or 1h, but '3' is given",
        "call t --deadline 1000000d | millrace: Invalid value for option '--deadline': expected at most 366d, but '1000000d' is given",
        "call t --json /no/such/file | millrace: --json: cannot write /no/such/file: there is no such directory",
        "call t --deadlin 3s | millrace: Unknown option: '--deadlin'; did you mean --deadline?",
        "call t @f | millrace: the argument JSON is not JSON: Unexpected character ('@' (code 64)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false'); expected JSON such as {\"city\": \"Oslo\"}",
        "call t [1] | millrace: the arguments are no JSON object; expected one such as {\"city\": \"Oslo\"}",
        "call t {\"a\":1}} | millrace: the argument JSON is not JSON: Unexpected close marker '}': no open Object to close; expected JSON such as {\"city\": \"Oslo\"}",
        "apply | millrace: Missing required option: '--file=FILE'",
        "apply -f none.yaml | millrace: none.yaml: there is no such file",
        "plan -f none.json | millrace: none.json: there is no such file",
        "produce tool.cals -f x | millrace: there is no topic 'tool.cals' in the catalogue; did you mean 'tool.calls'?",
        "consume t --max 0 | millrace: --max: expected at least 1, but 0 is given",
        "consume t --follow --json - | millrace: --json holds one document, so --follow needs an end: give --max or --timeout",
        "up --port 70000 | millrace: --port: expected a port from 0 to 65535, but 70000 is given",
        "status --bootstrap nowhere --registry http://127.0.0.1:1 | millrace: expected HOST:PORT, but 'nowhere' is given",
      })
  void whatIsNotUnderstoodIsSaidInOneLineWithExitCodeTwo(String arguments, String message) {
    Session session = Session.run(arguments.split(" "));

    assertThat(session.err().lines().findFirst()).contains(message);
    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err()).doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"status", "call t", "consume tool.calls", "produce tool.calls -f -"})
  void withoutAPlatformTheUserIsToldHowToGetOne(String command) {
    Session session = Session.run((command + " --data " + directory).split(" "));

    assertThat(session.code()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(session.err())
        .isEqualTo(
            "millrace: no platform runs on "
                + directory
                + "; start one with 'millrace up', name its --data DIR, or give --bootstrap"
                + " HOST:PORT\n");
  }

  @Test
  void aBrokerThatIsAwayIsNamedAtOnce() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    Session session =
        Session.run(
            "call", "t", "--bootstrap", "127.0.0.1:" + port, "--registry", "http://127.0.0.1:1");

    assertThat(session.code()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(session.err())
        .startsWith("millrace: no broker answers: 127.0.0.1:" + port + " (Connection refused)");
  }

  @Test
  void aFailureIsTheOneJsonDocumentWhereOneIsWanted() throws Exception {
    Session session = Session.run("status", "--data", directory.toString(), "--json", "-");

    assertThat(session.json().at("/error/exit_code").asInt()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(session.json().at("/error/message").asText()).startsWith("no platform runs on");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "call --json -",
        "call --json=-",
        "call t --nope --json -",
        "call t --deadline 3 --json -",
        "cal --json -",
        "up --port 70000 --json -",
        "apply -f none.yaml --json -",
        "produce tool.cals -f x --json -"
      })
  void alsoWhatIsNotUnderstoodIsOneJsonDocumentWhereOneIsWanted(String arguments) throws Exception {
    Session session = Session.run(arguments.split(" "));

    assertThat(session.json().at("/error/exit_code").asInt()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err())
        .startsWith("millrace: " + session.json().at("/error/message").asText());
  }

  @Test
  void aFileThatEndsTooEarlyIsSaidSoWithoutTheParsersNotes() throws Exception {
    Path file = Files.writeString(directory.resolve("p.json"), "{\"calls\": [");

    Session session = Session.run("plan", "-f", file.toString());

    assertThat(session.err())
        .isEqualTo(
            "millrace: "
                + file
                + ":1: is not JSON: Unexpected end-of-input: expected close marker for Array\n");
  }

  @Test
  void anErrorIsNoLongerThanCanBeRead() {
    Session session = Session.run("call", "t", "{}", "x".repeat(100_000));

    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err().length()).isLessThan(3_000);
  }

  @Test
  void aPortInUseIsSaidWithoutTheNameOfAClass() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Session session =
          Session.run(
              "up",
              "--data",
              directory.resolve("d").toString(),
              "--http-port",
              "" + socket.getLocalPort());

      assertThat(session.err())
          .startsWith("millrace: Port " + socket.getLocalPort() + " on")
          .contains("--http-port");
    }
  }

  @Test
  void theDoctorLooksAtTheRegistryThoughTheBrokerIsAway() throws Exception {
    Session session =
        Session.run(
            "doctor",
            "--bootstrap",
            "127.0.0.1:1",
            "--registry",
            "http://127.0.0.1:1",
            "--json",
            "-");

    assertThat(session.json().path("checks"))
        .extracting(check -> check.path("name").asText())
        .containsExactly("java", "broker", "registry");
  }

  @Test
  void everyProblemOfAFileIsPrintedOnItsOwnLine() throws Exception {
    Path file = directory.resolve("t.yaml");
    Files.writeString(file, "targets:\n  - {name: a b, builtin: x}\n  - {nam: c}\n");

    Session session = Session.run("apply", "-f", file.toString());

    assertThat(session.code()).isEqualTo(ExitCode.USAGE);
    assertThat(session.err().lines())
        .hasSize(4)
        .allMatch(line -> line.startsWith("millrace: " + file + ":"));
  }

  @Test
  void stackTracesAreShownOnlyWhenAskedFor() {
    assertThat(Session.run("status", "--verbose", "--data", directory.toString()).err())
        .contains("\tat ");
  }

  @Test
  void theDoctorNamesEachFaultAndWhatToDo() throws Exception {
    Session session = Session.run("doctor", "--data", directory.toString(), "--json", "-");

    assertThat(session.code()).isEqualTo(ExitCode.FAILED);
    assertThat(session.json().path("ok").asBoolean()).isFalse();
    assertThat(session.json().path("checks"))
        .anySatisfy(
            check -> {
              assertThat(check.path("name").asText()).isEqualTo("broker");
              assertThat(check.path("ok").asBoolean()).isFalse();
              assertThat(check.path("advice").asText()).contains("millrace up");
            })
        .anySatisfy(
            check -> {
              assertThat(check.path("name").asText()).isEqualTo("java");
              assertThat(check.path("ok").asBoolean()).isTrue();
            });
  }

  @Test
  void theDoctorSeesAPortThatIsTakenAndADirectoryThatIsNone() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Session session =
          Session.run("doctor", "--data", file.toString(), "--ports", "" + socket.getLocalPort());

      assertThat(session.out())
          .containsPattern("FAILED +data_directory .* is no directory")
          .containsPattern("warning +port_" + socket.getLocalPort() + " +taken by another");
    }
  }

  @Test
  void everyCommandHasHelpWithItsOptions() {
    for (String command :
        new String[] {
          "up", "apply", "call", "plan", "produce", "consume", "status", "doctor", "version"
        }) {
      Session session = Session.run(command, "--help");

      assertThat(session.code()).isEqualTo(ExitCode.OK);
      assertThat(session.out()).startsWith("Usage: millrace " + command).contains("--json=FILE");
    }
  }

  @Test
  void theVersionsAreOneJsonDocument() throws Exception {
    assertThat(Session.run("version", "--json", "-").json().path("kafka").asText())
        .startsWith("4.");
  }
}
