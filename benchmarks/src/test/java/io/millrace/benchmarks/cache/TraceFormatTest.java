package io.millrace.benchmarks.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Holds how traces are read, and that what is wrong with one is said with its line. */
class TraceFormatTest {
  @TempDir private Path folder;

  @Test
  void everyBlockOfARequestIsAnAccess() throws Exception {
    Trace trace =
        read(
            TraceFormat.MOONCAKE,
            "{\"timestamp\": 0, \"hash_ids\": [0, 7]}\n{\"timestamp\": 0, \"hash_ids\": [7]}\n");

    assertThat(trace.size()).isEqualTo(3);
    assertThat(trace.key(1)).isEqualTo(trace.key(2)).isNotEqualTo(trace.key(0));
  }

  @Test
  void keysOfLirsAreNumbersOf64Bits() throws Exception {
    Trace trace = read(TraceFormat.LIRS, "0\n*\n-1\n18446744073709551615\n");

    assertThat(trace.size()).isEqualTo(3);
    assertThat(trace.key(1)).isEqualTo(trace.key(2));
  }

  @Test
  void csvSaysSizesAndCosts() throws Exception {
    Trace trace = read(TraceFormat.CSV, "key,bytes,cost\na, 10, 0.5\nb,20,3\na,11,0.5\n");

    assertThat(trace.size()).isEqualTo(3);
    assertThat(trace.sized() && trace.costed()).isTrue();
    assertThat(trace.key(0)).isEqualTo(trace.key(2)).isNotEqualTo(trace.key(1));
    assertThat(trace.bytes(2)).isEqualTo(11);
    assertThat(trace.cost(1)).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LIRS|1;;2|line 2: it is empty",
        "LIRS|1;two|line 2: expected a whole number",
        "LIRS|1;1.5|line 2: expected a whole number",
        "LIRS|*|line 1: the trace ends without an access",
        "LIRS|''|line 1: the trace ends without an access",
        "LIRS|1;18446744073709551616|line 2: expected a whole number",
        "MOONCAKE|''|line 1: the trace ends without an access",
        "MOONCAKE|{\"timestamp\": 1, \"hash_ids\": [1]};;{}|line 2: it is empty",
        "MOONCAKE|{\"timestamp\": 1, \"hash_ids\": [1]} 7|line 1: expected a JSON object",
        "MOONCAKE|[1]|line 1: expected a JSON object, but found [1]",
        "MOONCAKE|null|line 1: expected a JSON object, but found null",
        "MOONCAKE|{\"hash_ids\": [1]}|line 1: expected a timestamp of 0 ms or later, but found none",
        "MOONCAKE|{\"timestamp\": 1e40, \"hash_ids\": [1]}|line 1: expected a timestamp",
        "MOONCAKE|{\"timestamp\": 1}|line 1: expected hash_ids",
        "MOONCAKE|{\"timestamp\": 1, \"hash_ids\": [1.5]}|found 1.5",
        "CSV|''|line 1: the trace ends without an access",
        "CSV|key,bytes|line 1: the trace ends without an access",
        "CSV|a;;b|line 2: it is empty",
        "CSV|a,1,1;b,1,-2|line 2: expected cost over 0, but found '-2'",
        "CSV|a,2147483648|found 2147483648",
        "MOONCAKE|{\"timestamp\": 5, \"hash_ids\": [1]};{\"timestamp\": 4, \"hash_ids\": [1]}|line 2: expected a timestamp of 5 ms or later",
        "MOONCAKE|{\"timestamp\": -1, \"hash_ids\": [1]}|line 1: expected a timestamp of 0 ms",
        "MOONCAKE|{\"timestamp\": 1, \"hash_ids\": []}|line 1: expected hash_ids",
        "MOONCAKE|{\"timestamp\": 1, \"hash_ids\": [-3]}|found -3",
        "MOONCAKE|{\"timestamp\": 1|line 1: expected a JSON object",
        "CSV|a,1;b,0|line 2: expected bytes over 0, but found '0'",
        "CSV|a,1;b,-4|found '-4'",
        "CSV|a,1.5|whole number",
        "CSV|a,1,0|line 1: expected cost over 0",
        "CSV|a,1,1;b,1,NaN|line 2: expected cost over 0",
        "CSV|a,1;b|line 2: expected 2 fields",
        "CSV|a,1;,1|line 2: expected a key",
        "CSV|a,b,c,d|line 1: expected key"
      })
  void whatCannotBeReplayedIsSaidWithItsLine(TraceFormat format, String lines, String said) {
    assertThatThrownBy(() -> read(format, lines.replace(';', '\n')))
        .isInstanceOf(TraceException.class)
        .hasMessageContaining(said);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNoTextIsSaidWithItsLine(TraceFormat format) throws IOException {
    for (byte[] garbage :
        List.of(
            new byte[] {0x1f, (byte) 0x8b, 8, 0},
            new byte[] {'1', '\n', (byte) 0xc3, 0x28},
            new byte[] {'1', '\n', '2', 0, '3'})) {
      Path file = Files.write(folder.resolve("trace"), garbage);
      assertThatThrownBy(() -> format.read(file))
          .isInstanceOf(TraceException.class)
          .hasMessageMatching("line [12]: .*");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLineThatIsTooLongIsNotReadToItsEnd(TraceFormat format) {
    assertThatThrownBy(() -> read(format, "1".repeat(TextLines.LENGTH_MAX + 1)))
        .isInstanceOf(TraceException.class)
        .hasMessage("line 1: expected at most 1048576 bytes a line");
  }

  @Test
  void aLongFieldIsNeitherWorkedOutNorShownWhole() {
    String digits = "9".repeat(1_000_000);
    assertThatThrownBy(() -> read(TraceFormat.LIRS, digits))
        .isInstanceOf(TraceException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
    assertThatThrownBy(() -> read(TraceFormat.CSV, "a," + digits))
        .isInstanceOf(TraceException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }

  @Test
  void linesMayEndAsOnWindowsAndTheLastNeedNotEnd() throws Exception {
    assertThat(read(TraceFormat.LIRS, "1\r\n2\r\n3").size()).isEqualTo(3);
  }

  private Trace read(TraceFormat format, String text) throws TraceException, IOException {
    return format.read(Files.writeString(folder.resolve("trace"), text));
  }
}
