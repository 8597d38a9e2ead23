package io.millrace.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, , localhost:8000, , true",
    "127.0.0.1, , LOCALHOST, , true",
    "127.0.0.1, , 127.0.0.1:8000, , true",
    "127.0.0.1, , [::1]:8000, , true",
    "127.0.0.1, , [::1], , true",
    "127.0.0.1, , , , false",
    "127.0.0.1, , evil.example, , false",
    "127.0.0.1, , localhost.evil.example, , false",
    "127.0.0.1, , 127.0.0.1.evil.example:8000, , false",
    "127.0.0.1, gate.example, gate.example:80, , true",
    "127.0.0.1, gate.example, other.example, , false",
    "127.0.0.1, *, other.example, , true",
    "0.0.0.0, , other.example, , true",
    "0.0.0.0, gate.example, other.example, , false",
    "127.0.0.1, , localhost:8000, http://localhost:8000, true",
    "127.0.0.1, , localhost:8000, http://localhost:3000, false",
    "127.0.0.1, , localhost:8000, https://evil.example, false",
    "127.0.0.1, , localhost:8000, null, false",
    "0.0.0.0, , other.example, http://evil.example, false",
  })
  void onlyWhatIsMeantForTheGatewayIsLetIn(
      String address,
      @Nullable String name,
      @Nullable String host,
      @Nullable String origin,
      boolean in) {
    Names names = new Names(address, name == null ? List.of() : List.of(name));

    assertThat(names.judge(host, origin) == null).isEqualTo(in);
  }
}
