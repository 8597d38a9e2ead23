package io.millrace.benchmarks.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        "LIRS|*|without an access",
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

  private Trace read(TraceFormat format, String text) throws TraceException, IOException {
    return format.read(Files.writeString(folder.resolve("trace"), text));
  }
}
