package io.millrace.platform.demo.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.IntNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotBlank;
import org.junit.jupiter.api.Test;

class ReportTableTest {

  private static final DemoReport REPORT =
      new DemoReport(
          Duration.ofMillis(41_250),
          List.of(
              new Check(
                  "parallel_faster", true, "eight tools: 3.21 s in a row, 1.02 s in parallel"),
              new Check(
                  "circuit_opened",
                  false,
                  "expected the circuit of tool:news to open within 500 ms of the threshold being"
                      + " crossed, it was still closed after 2000 ms")),
          List.of(
              new Timing("code analysis, in a row", Duration.ofMillis(3210), "8 tools"),
              new Timing("code analysis, from the cache", Duration.ofMillis(45), "")),
          Map.of("answer", IntNode.valueOf(42)));

  @Test
  void readsWellInAHundredColumns() {
    assertThat(String.join("\n", new ReportTable(false, 100).lines(REPORT)))
        .isEqualTo(
            """
            Timings
              code analysis, in a row           3.21 s  8 tools
              code analysis, from the cache      45 ms

            Checks
              ok      parallel_faster  eight tools: 3.21 s in a row, 1.02 s in parallel
              FAILED  circuit_opened   expected the circuit of tool:news to open within 500 ms of the threshold
                                       being crossed, it was still closed after 2000 ms

            1 of 2 checks failed in 41.25 s""");
  }

  @Test
  void coloursOnlyWhenAsked() {
    assertThat(String.join("", new ReportTable(false, 100).lines(REPORT))).doesNotContain("\u001b");
    assertThat(String.join("", new ReportTable(true, 100).lines(REPORT)))
        .contains("\u001b[32mok    \u001b[0m", "\u001b[31mFAILED\u001b[0m");
  }

  @Test
  void theDocumentHoldsEveryCheck() {
    assertThat(REPORT.toJson().toString())
        .isEqualTo(
            "{\"ok\":false,\"seconds\":41.25,\"checks\":[{\"name\":\"parallel_faster\",\"ok\":true,"
                + "\"detail\":\"eight tools: 3.21 s in a row, 1.02 s in parallel\"},"
                + "{\"name\":\"circuit_opened\",\"ok\":false,\"detail\":\"expected the circuit of"
                + " tool:news to open within 500 ms of the threshold being crossed, it was still"
                + " closed after 2000 ms\"}],\"timings\":[{\"name\":\"code analysis, in a row\","
                + "\"seconds\":3.21,\"detail\":\"8 tools\"},{\"name\":\"code analysis, from the"
                + " cache\",\"seconds\":0.045,\"detail\":\"\"}],\"results\":{\"answer\":42}}");
    assertThat(REPORT.exitCode()).isEqualTo(1);
  }

  @Test
  void aRunThatCheckedNothingIsNotOk() {
    DemoReport nothing = new DemoReport(Duration.ZERO, List.of(), List.of(), Map.of());
    assertThat(nothing.ok()).isFalse();
    assertThat(new ReportTable(false, 100).lines(nothing))
        .last()
        .isEqualTo("Nothing was checked in 0 ms");
    DemoReport good =
        new DemoReport(
            Duration.ofSeconds(1), List.of(new Check("a", true, "")), List.of(), Map.of());
    assertThat(good.exitCode()).isZero();
    assertThat(new ReportTable(false, 100).lines(good))
        .last()
        .isEqualTo("All 1 checks held in 1.00 s");
  }

  @Property(tries = 200)
  void noLineIsTooLongOrSteersTheTerminal(@ForAll @NotBlank String name, @ForAll String detail) {
    DemoReport report =
        new DemoReport(Duration.ZERO, List.of(new Check(name, true, detail)), List.of(), Map.of());
    assertThat(new ReportTable(false, 100).lines(report))
        .allMatch(line -> line.length() <= 100 && line.chars().noneMatch(Character::isISOControl));
  }
}
