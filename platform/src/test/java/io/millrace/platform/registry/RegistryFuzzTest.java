package io.millrace.platform.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** Of whatever is sent, only the documented refusal comes out. */
class RegistryFuzzTest {

  private static final String GOOD =
      "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":["
          + "{\\\"name\\\":\\\"a\\\",\\\"type\\\":[\\\"null\\\",\\\"int\\\"]}]}\",\"schemaType\":\"AVRO\"}";

  /** A good body with up to eight bytes put elsewhere, cut out or changed. */
  @Provide
  Arbitrary<byte[]> damaged() {
    return Arbitraries.integers()
        .between(0, 1 << 20)
        .list()
        .ofMinSize(1)
        .ofMaxSize(8)
        .map(
            places -> {
              StringBuilder text = new StringBuilder(GOOD);
              for (int place : places) {
                int at = place % text.length();
                switch (place % 3) {
                  case 0 -> text.deleteCharAt(at);
                  case 1 -> text.setCharAt(at, "{}[]\",:\\0a\u0000\u00e9".charAt(place % 12));
                  default -> text.insert(at, text.substring(at, Math.min(at + 9, text.length())));
                }
              }
              return text.toString().getBytes(StandardCharsets.UTF_8);
            });
  }

  @Property(tries = 2_000)
  void aDamagedBodyIsRegisteredOrRefused(@ForAll("damaged") byte[] body) {
    answersOrRefuses("POST", List.of("subjects", "s", "versions"), body);
  }

  @Property(tries = 1_000)
  void anyBytesAreRegisteredOrRefused(@ForAll byte[] body) {
    answersOrRefuses("POST", List.of("subjects", "s"), body);
    answersOrRefuses("PUT", List.of("config"), body);
    answersOrRefuses("POST", List.of("compatibility", "subjects", "s", "versions"), body);
  }

  @Property(tries = 1_000)
  void anyPathIsAnsweredOrRefused(@ForAll @Size(max = 6) List<String> path) {
    for (String method : List.of("GET", "POST", "PUT", "DELETE")) {
      answersOrRefuses(method, path, GOOD.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Property(tries = 1_000)
  void anyAddressIsTakenApartOrRefused(@ForAll String path, @ForAll String query) {
    try {
      assertThat(RegistryRequest.of("GET", path, query, new byte[0]).path())
          .noneMatch(String::isEmpty);
    } catch (RegistryException refused) {
      assertThat(refused.status()).isEqualTo(400);
    }
  }

  @Property(tries = 1_000)
  void anyRecordOfTheLogIsReadOrRefused(@ForAll byte[] key, @ForAll("damaged") byte[] value) {
    for (byte[] k :
        List.of(
            key,
            "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":1}"
                .getBytes(StandardCharsets.UTF_8),
            "{\"keytype\":\"CONFIG\"}".getBytes(StandardCharsets.UTF_8))) {
      try {
        Optional<RegistryRecord> read = RecordCodec.decode(k, value);
        read.ifPresent(new SubjectStore()::apply);
      } catch (IOException refused) {
        assertThat(refused).hasMessageMatching("(?s).+");
      }
    }
  }

  private static void answersOrRefuses(String method, List<String> path, byte[] body) {
    SubjectStore store = new SubjectStore();
    RegistryRoutes routes = new RegistryRoutes(store, records -> records.forEach(store::apply));
    try {
      assertThat(routes.answer(new RegistryRequest(method, path, Map.of(), body))).isNotNull();
    } catch (RegistryException refused) {
      assertThat(refused.status()).isBetween(400, 499);
      assertThat(refused.getMessage()).isNotBlank();
    }
  }
}
