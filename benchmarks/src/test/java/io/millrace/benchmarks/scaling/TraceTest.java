package io.millrace.benchmarks.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds how recorded loads are read, and that what is wrong with one is said with its line. */
class TraceTest {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final String RATES = "window_start_s,requests_per_second";
  private static final String ARRIVALS = "TIMESTAMP,ContextTokens,GeneratedTokens";
  private static final String DAY = "2023-11-16 ";

  @TempDir private Path folder;

  private Path file(String header, String lines) throws IOException {
    return Files.writeString(folder.resolve("trace.csv"), header + "\n" + lines.replace(';', '\n'));
  }

  private Trace rates(String lines) throws IOException {
    return Trace.rates(file(RATES, lines));
  }

  private Trace arrivals(String lines) throws IOException {
    return Trace.arrivals(file(ARRIVALS, lines), WINDOW, 1);
  }

  @Test
  void aGapOfRatesIsFilledWithTheRateBeforeItAndCounted() throws Exception {
    Trace trace = rates("600,1;1200,2.5;3000,4;");

    assertThat(trace.window()).isEqualTo(Duration.ofMinutes(10));
    assertThat(trace.firstWindow()).isEqualTo(1);
    assertThat(trace.rates()).containsExactly(1, 2.5, 2.5, 2.5, 4);
    assertThat(trace.gaps()).isEqualTo(2);
  }

  @Test
  void theByteOrderMarkOfASpreadsheetIsPassedOver() throws Exception {
    assertThat(Trace.rates(file("\ufeff" + RATES, "0,1;600,2")).rates()).containsExactly(1, 2);
  }

  @Test
  void windowsWithoutARequestAreSilentAndRequestsMayCoincide() throws Exception {
    Trace trace =
        arrivals(
            String.join(
                ";",
                DAY + "18:00:05.0000000,1,1",
                DAY + "18:00:05.0000000,0,0",
                DAY + "18:00:36.500,2,2"));

    assertThat(trace.rates()).containsExactly(0.2, 0, 0);
    assertThat(trace.arrivals()).containsExactly(0, 0, 31.5);
    assertThat(trace.gaps()).isZero();
  }

  @Test
  void blankLinesAndCarriageReturnsSayNothing() throws Exception {
    assertThat(rates("0,1\r;;10,2\r;").rates()).containsExactly(1, 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0,1;10,2;5,3|line 4: expected the window 20 or a later one in steps of 10 s, but found '5'",
        "0,1;10,2;10,3|line 4: expected the window 20",
        "0,1;10,2;25,3|line 4: expected the window 20",
        "10,1;0,1|line 3: windows are whole seconds and ascend",
        "0,1;0,1|line 3: windows are whole seconds",
        "0,1;0.5,1|line 3: windows are whole seconds",
        "0,1;10,-2|line 3: requests_per_second: expected a number from 0",
        "0,1;10,NaN|line 3: requests_per_second",
        "0,1;10,Infinity|line 3: requests_per_second",
        "0,1;10,1e400|line 3: requests_per_second",
        "0,1;10,1d|found '1d'",
        "0,1;10,|found ''",
        "NaN,1|line 2: window_start_s",
        "0,1;1e300,1|line 3: window_start_s",
        "0,1;10,2;11000,3|line 4: 1098 windows before it are missing",
        "0,1;10|line 3: expected the 2 columns",
        "0,1;10,1,2|line 3: expected the 2 columns",
        "0,1|line 3: the trace ends here; expected two windows",
        "''|line 2: the trace ends here"
      })
  void ratesThatMakeNoSenseAreRefusedWithTheirLine(String lines, String said) {
    refused(() -> rates(lines), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "18:00:05.000,1,1;2023-11-16 18:00:04.999,1,1|line 3: '2023-11-16 18:00:04.999' is earlier",
        "18:00:05.000,-1,1|line 2: ContextTokens: expected a number from 0",
        "18:00:05.000,1,NaN|line 2: GeneratedTokens",
        "18:00:05.000,1|line 2: expected the 3 columns",
        "25:00:05.000,1,1|line 2: '2023-11-16 25:00:05.000' is no time",
        "18:00,1,1|line 2: '2023-11-16 18:00' is no time",
        "18:00:05.000,1,1;9999-11-16 18:00:04.999,1,1|line 3: '9999-11-16 18:00:04.999' is more than",
        "18:00:05.000,1,1|line 3: the trace ends here; expected requests of two whole windows",
        "18:00:05.000,1,1;2023-11-16 18:00:15.000,1,1|line 4: the trace ends here"
      })
  void arrivalsThatMakeNoSenseAreRefusedWithTheirLine(String lines, String said) {
    refused(() -> arrivals(DAY + lines), said);
  }

  @ParameterizedTest
  @ValueSource(strings = {RATES, ARRIVALS})
  void whatIsNoTraceAtAllIsRefused(String header) throws Exception {
    Path trace = folder.resolve("trace.csv");
    refused(() -> read(header, trace), "there is no such file");
    refused(() -> read(header, folder), "is a directory");
    Files.writeString(trace, "");
    refused(() -> read(header, trace), "line 1: expected the header");
    Files.writeString(trace, "a,b,c\n1,2,3");
    refused(() -> read(header, trace), "line 1: expected the header");
    byte[] garbage = new byte[10_000];
    new Random(1).nextBytes(garbage);
    Files.write(trace, garbage);
    refused(() -> read(header, trace), "line 1: ");
    Files.writeString(trace, header + "\n0,1\u0000\n");
    refused(() -> read(header, trace), "line 2: the byte 0x00 is no text");
    Files.writeString(trace, header + "\n0,1é\n");
    refused(() -> read(header, trace), "line 2: the byte 0xc3 is no text");
    Files.writeString(trace, header + "\n" + "1".repeat(2_000_000));
    refused(() -> read(header, trace), "line 2: is longer than 1,000 characters");
  }

  private static Trace read(String header, Path file) {
    return header.equals(RATES) ? Trace.rates(file) : Trace.arrivals(file, WINDOW, 1);
  }

  private void refused(ThrowingCallable read, String said) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            CommandException.class,
            refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessageContaining(folder.toString())
        .hasMessageContaining(said);
  }
}
