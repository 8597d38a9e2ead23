package io.millrace.platform.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetsFileTest {
  private static final String FULL =
      """
      # tools
      targets:
        - {name: search, kind: tool, version: '1', pool: web, http: {method: GET, url: 'http://127.0.0.1:8080/{q}'},
           arguments: {type: object, required: [q], properties: {q: {type: string}}},
           idempotent: true, cacheable: {ttl: 5m}, timeout: 2s}
        - name: count
          version: 1.0
          description: counts lines
          process:
            argv: [wc, -l, '{file}']
            working_directory: /tmp
            environment: {LANG: C}
            output_bytes_max: 1000
          timeout: 250ms
          deadline: 1h
          attempts: 2
          backoff: {base: 10ms, max: 1s}
          circuit: {failure_rate: 0.25, volume: 20, open: 5s}
          in_flight: 7
          cost_micros: 12
          labels: {team: search, tier: 1}
        - {name: sentiment, kind: model, version: '3', model: {uri: 'file:///srv/none.onnx',
           sha256: 0000000000000000000000000000000000000000000000000000000000000000,
           inputs: [{name: x, datatype: FP32, shape: [-1]}], outputs: [{name: y, datatype: FP32, shape: [-1]}]}}
        - {name: echo, builtin: echo}
      pools:
        - {name: web, description: near the sources, labels: {zone: a}}
        - {name: spare}
      """;

  @Test
  void everyKeyArrivesInTheSpec() throws Exception {
    TargetsFile file = TargetsFile.parse("targets.yaml", FULL);

    TargetSpec search = file.targets().get(0);
    assertThat(search.getTarget()).isEqualTo("tool:search");
    assertThat(search.getKind()).isEqualTo(TargetKind.TOOL);
    assertThat(search.getPool()).isEqualTo("web");
    assertThat(search.getHttp().getMethod()).isEqualTo("GET");
    assertThat(search.getHttp().getUrl()).isEqualTo("http://127.0.0.1:8080/{q}");
    assertThat(search.getArgumentsSchema())
        .isEqualTo(
            "{\"type\":\"object\",\"required\":[\"q\"],\"properties\":{\"q\":{\"type\":\"string\"}}}");
    assertThat(search.getIdempotent()).isTrue();
    assertThat(search.getCacheTtlMs()).isEqualTo(300_000);
    assertThat(search.getTimeoutMs()).isEqualTo(2_000);

    TargetSpec count = file.targets().get(1);
    assertThat(count.getVersion()).isEqualTo("1.0");
    assertThat(count.getProcess().getArgv()).containsExactly("wc", "-l", "{file}");
    assertThat(count.getProcess().getEnvironment()).containsEntry("LANG", "C");
    assertThat(count.getProcess().getOutputBytesMax()).isEqualTo(1000);
    assertThat(count.getTimeoutMs()).isEqualTo(250);
    assertThat(count.getDeadlineMs()).isEqualTo(3_600_000);
    assertThat(count.getAttemptsMax()).isEqualTo(2);
    assertThat(count.getBackoffMs()).isEqualTo(10);
    assertThat(count.getBackoffMaxMs()).isEqualTo(1_000);
    assertThat(count.getFailureRateOpen()).isEqualTo(0.25);
    assertThat(count.getFailureVolumeOpen()).isEqualTo(20);
    assertThat(count.getOpenMs()).isEqualTo(5_000);
    assertThat(count.getInFlightMax()).isEqualTo(7);
    assertThat(count.getCostMicros()).isEqualTo(12);
    assertThat(count.getLabels()).containsEntry("tier", "1");
    assertThat(count.getIdempotent()).isFalse();
    assertThat(count.getCacheTtlMs()).isNull();

    assertThat(file.targets().get(2).getTarget()).isEqualTo("model:sentiment@3");
    assertThat(file.targets().get(3).getBuiltin()).isEqualTo("echo");
  }

  @Test
  void poolsAreThoseDeclaredAndThoseThatTargetsName() throws Exception {
    TargetsFile file = TargetsFile.parse("targets.yaml", FULL);

    assertThat(file.pools().stream().map(TargetSpec::getTarget))
        .containsExactly("pool:web", "pool:spare");
    assertThat(file.implied().stream().map(TargetSpec::getTarget)).containsExactly("pool:default");
    TargetSpec web = file.pools().get(0);
    assertThat(web.getKind()).isEqualTo(TargetKind.UNKNOWN);
    assertThat(web.getPool()).isEqualTo("web");
    assertThat(web.getDescription()).isEqualTo("near the sources");
    assertThat(web.getLabels()).containsEntry("zone", "a");
  }

  @Test
  void credentialsInAUrlAreRefusedAndNotRepeated() {
    assertThat(
            problems(
                """
                targets:
                  - {name: a, http: {url: 'http://me:secret@127.0.0.1:9/x'}}
                """))
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem)
                    .startsWith("t.yaml:2: targets[0].http.url: has user information")
                    .doesNotContain("secret"));
  }

  @Test
  void everyProblemIsReportedAtOnceWithLineAndPath() {
    List<String> problems =
        problems(
            """
            targets:
              - name: search
                builtin: search
                timout: 2s
              - name: two words
                http: {method: FETCH, url: 'file:///etc/passwd'}
                idempotent: maybe
                timeout: 5 parsecs
              - {name: both, builtin: a, process: {argv: [x]}}
            checks: []
            """);

    assertThat(problems)
        .containsExactlyInAnyOrder(
            "t.yaml:4: targets[0].timout: is no key that is known here; did you mean 'timeout'?",
            "t.yaml:5: targets[1].name: expected 1 to 100 letters, digits, '.', '_' and '-', the"
                + " first a letter or digit, but 'two words' is given",
            "t.yaml:6: targets[1].http.method: expected one of GET, HEAD, POST, PUT, PATCH, DELETE,"
                + " but 'FETCH' is given",
            "t.yaml:6: targets[1].http.url: expected a URL such as"
                + " http://127.0.0.1:8080/weather/{city}, but 'file:///etc/passwd' is given",
            "t.yaml:7: targets[1].idempotent: expected true or false, but 'maybe' is given",
            "t.yaml:8: targets[1].timeout: expected a duration such as 250ms, 2s, 5m or 1h, but '5"
                + " parsecs' is given",
            "t.yaml:9: targets[2].process: a tool needs exactly one of builtin, http and process,"
                + " but builtin and process is given",
            "t.yaml:10: checks: is no key that is known here; expected one of: targets, pools");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{name: a, builtin: a, name: b} | given twice; the first is on line 2",
        "{builtin: a} | name: is missing",
        "{name: a} | exactly one of builtin, http and process, but none is given",
        "{name: a, kind: modell, builtin: a} | 'modell' is not known; did you mean 'model'?",
        "{name: a, kind: model, builtin: a} | only a tool is run this way",
        "{name: a, builtin: a, pool: Not_A_Pool} | 1 to 40 lower-case letters",
        "{name: a, builtin: a, timeout: 0ms} | a duration from 1ms to 1d, but '0ms' is given",
        "{name: a, builtin: a, timeout: 2m} | does not fit into the call's deadline of 1m, the default",
        "{name: a, builtin: a, attempts: 0} | a whole number from 1 to 100, but 0 is given",
        "{name: a, builtin: a, attempts: 1.5} | a whole number from 1 to 100, but 1.5 is given",
        "{name: a, builtin: a, circuit: {failure_rate: 1.5}} | a number above 0.0 and up to 1.0",
        "{name: a, builtin: a, circuit: {rate: 1}} | circuit.rate: is no key that is known here",
        "{name: a, builtin: a, backoff: {base: 2s, max: 1s}} | shorter than the base",
        "{name: a, builtin: a, cacheable: true} | expected keys and values, but true is given",
        "{name: a, builtin: a, cacheable: {}} | cacheable.ttl: is missing",
        "{name: a, builtin: a, labels: [a]} | expected keys and values, but a list is given",
        "{name: a, builtin: a, labels: {k: [a]}} | labels.k: expected text, but a list is given",
        "{name: a, http: {method: GET}} | http.url: is missing",
        "{name: a, http: {url: 'http://{host}/x'}} | placeholder in its host",
        "{name: a, http: {url: 'http://h/{a/b}'}} | has the placeholder {a/b}",
        "{name: a, http: {url: 'http://h/{a'}} | a { or } without its partner",
        "{name: a, http: {url: 'http://h/', headers: {'a b': c}}} | no name of an HTTP header",
        "{name: a, http: {url: 'http://h/', response_bytes_max: 20000000}} | from 1 to 1048576",
        "{name: a, process: {argv: []}} | argv: is empty",
        "{name: a, process: {argv: ls}} | expected a list, but 'ls' is given",
        "{name: a, process: {argv: ['{program}']}} | the program must be fixed",
        "{name: a, builtin: a, arguments: [1]} | expected a JSON Schema",
        "{name: a, builtin: a, arguments: {type: objekt}} | no valid JSON Schema",
        "{name: a, builtin: a, arguments: {type: string}} | must permit an object",
        "{name: a, builtin: a, arguments: {$ref: 'http://evil/s.json'}} | outside of itself",
        "{name: a, builtin: a, arguments: {properties: {x: {pattern: '('}}}} | invalid regular expression",
        "{name: a, builtin: a, arguments: {$schema: 'http://x/y'}} | names the dialect",
        "{name: a, builtin: !File a} | tags are not read, leave it out",
        "text | expected keys and values, but 'text' is given",
      })
  void aWrongTargetIsRefusedWithWhatWasExpected(String target, String message) {
    assertThat(problems("targets:\n  - " + target + "\n")).anyMatch(p -> p.contains(message));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing\n", "---\n---\n"})
  void anEmptyFileIsRefused(String text) {
    assertThat(problems(text))
        .containsExactly("t.yaml: is empty; expected the key targets with a list, or pools");
  }

  @Test
  void whatIsNotYamlIsRefusedWithItsLine() {
    assertThat(problems("targets:\n  - {name: a\n"))
        .singleElement()
        .asString()
        .startsWith("t.yaml:3: is not YAML:");
  }

  @Test
  void aTagThatNamesAJavaClassIsRefused() {
    assertThat(problems("targets: !!java.io.File [x]\n"))
        .singleElement()
        .asString()
        .contains("Global tag is not allowed");
  }

  @Test
  void severalDocumentsAreOneFile() throws Exception {
    TargetsFile file =
        TargetsFile.parse(
            "t.yaml", "targets: [{name: a, builtin: a}]\n---\ntargets: [{name: b, builtin: b}]\n");

    assertThat(file.targets().stream().map(TargetSpec::getName)).containsExactly("a", "b");
  }

  @Test
  void aTargetDeclaredTwiceIsRefused() {
    assertThat(
            problems("targets: [{name: a, builtin: a}]\n---\ntargets: [{name: a, builtin: b}]\n"))
        .containsExactly("t.yaml:3: targets[0]: tool:a is declared twice; the first is on line 1");
  }

  @Test
  void anAnchorMayBeUsedAgain() throws Exception {
    TargetsFile file =
        TargetsFile.parse(
            "t.yaml",
            """
            targets:
              - {name: a, builtin: a, circuit: &c {volume: 3}}
              - {name: b, builtin: b, circuit: *c}
            """);

    assertThat(file.targets().get(1).getFailureVolumeOpen()).isEqualTo(3);
  }

  @Test
  @Timeout(10)
  void aliasesThatMultiplyAreRefused() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      String earlier = "*a" + (i - 1);
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, (earlier + ", ").repeat(8) + earlier));
    }
    assertThat(problems(bomb.toString()))
        .singleElement()
        .asString()
        .contains("100000 values once its aliases are expanded");
  }

  @Test
  @Timeout(10)
  void anAliasThatHoldsItselfIsRefused() {
    assertThat(problems("targets: &t [*t]\n"))
        .singleElement()
        .asString()
        .contains("nested deeper than 60 levels");
  }

  @Test
  void nestingHasABound() {
    assertThat(problems("targets: " + "[".repeat(500) + "]".repeat(500)))
        .singleElement()
        .asString()
        .contains("Nesting Depth exceeded");
  }

  @Test
  void datesTimesAndYesAreText() throws Exception {
    TargetSpec target =
        TargetsFile.parse(
                "t.yaml",
                "targets: [{name: a, builtin: a, labels: {d: 2026-01-31, t: 12:30, y: yes}}]")
            .targets()
            .get(0);

    assertThat(target.getLabels())
        .containsEntry("d", "2026-01-31")
        .containsEntry("t", "12:30")
        .containsEntry("y", "yes");
  }

  @Test
  void aSchemaMayReferToItself() throws Exception {
    TargetSpec target =
        TargetsFile.parse(
                "t.yaml",
                "targets: [{name: a, builtin: a, arguments: {$ref: '#/$defs/o', $defs: {o: {type:"
                    + " object}}}}]")
            .targets()
            .get(0);

    assertThat(target.getArgumentsSchema()).contains("#/$defs/o");
  }

  @Test
  void jsonIsReadByTheNamesEnding() throws Exception {
    TargetsFile file =
        TargetsFile.parse("t.json", "{\"targets\":\n\t[{\"name\": \"a\", \"builtin\": \"a\"}]}");

    assertThat(file.targets()).hasSize(1);
  }

  @Test
  void aFileThatIsMissingTooLongOrNotTextIsRefused(@TempDir Path directory) throws Exception {
    Path longFile = directory.resolve("long.yaml");
    Files.writeString(longFile, "#".repeat(Documents.BYTES_MAX + 1));
    Path binary = directory.resolve("binary.yaml");
    Files.write(binary, new byte[] {(byte) 0xC3, 0x28});

    assertThat(failure(directory.resolve("none.yaml"))).contains("there is no such file");
    assertThat(failure(longFile)).contains("longer than 1 MiB");
    assertThat(failure(binary)).contains("is not UTF-8 text");
    assertThat(failure(directory)).contains("is a directory");
  }

  private static String failure(Path file) {
    return catchThrowableOfType(InvalidDocumentException.class, () -> TargetsFile.read(file))
        .problems()
        .toString();
  }

  private static List<String> problems(String text) {
    return catchThrowableOfType(
            InvalidDocumentException.class, () -> TargetsFile.parse("t.yaml", text))
        .problems()
        .stream()
        .map(Problem::toString)
        .toList();
  }
}
