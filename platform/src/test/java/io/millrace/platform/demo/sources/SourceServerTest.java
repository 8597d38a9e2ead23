package io.millrace.platform.demo.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceServerTest {

  private static final SeededLatency QUICK =
      new SeededLatency(Duration.ofMillis(1), Duration.ofMillis(20));

  private final HttpClient client = HttpClient.newHttpClient();
  private SourceServer server;

  @BeforeEach
  void start() throws IOException {
    server = SourceServer.start(7, QUICK);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void eachSourceAnswersInItsOwnShape() throws Exception {
    Set<Set<String>> shapes = new HashSet<>();
    for (String name : SourceServer.names()) {
      JsonNode answer = new ObjectMapper().readTree(get(name, "q=Oslo").body());
      assertThat(answer.path("source").asText()).isEqualTo(name);
      Set<String> fields = new HashSet<>();
      answer.fieldNames().forEachRemaining(fields::add);
      shapes.add(fields);
    }
    assertThat(shapes).hasSize(8);
    assertThat(server.requests()).isEqualTo(8);
  }

  @Test
  void answersDependOnSeedSourceAndParametersAlone() throws Exception {
    String answer = get("weather", "q=Oslo&days=3").body();
    assertThat(get("weather", "days=3&q=Oslo").body()).isEqualTo(answer);
    assertThat(get("weather", "q=Bergen&days=3").body()).isNotEqualTo(answer);
    try (SourceServer same = SourceServer.start(7, QUICK);
        SourceServer other = SourceServer.start(8, QUICK)) {
      assertThat(get(same.uri("weather"), "q=Oslo&days=3").body()).isEqualTo(answer);
      assertThat(get(other.uri("weather"), "q=Oslo&days=3").body()).isNotEqualTo(answer);
    }
  }

  @Test
  void latenciesStayInTheirRangeAndRepeat() throws Exception {
    try (SourceServer slow = SourceServer.start(1, SeededLatency.DEFAULT)) {
      List<Duration> all =
          IntStream.range(0, 200).mapToObj(i -> slow.latency("stock", "q=s" + i)).toList();
      assertThat(all).allMatch(d -> d.toMillis() >= 80 && d.toMillis() <= 400);
      assertThat(new HashSet<>(all)).hasSizeGreaterThan(150);
      assertThat(slow.latency("stock", "q=s1")).isEqualTo(all.get(1));
      long before = System.nanoTime();
      assertThat(get(slow.uri("stock"), "q=s1").statusCode()).isEqualTo(200);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(all.get(1));
    }
  }

  @Test
  void aSourceSwitchedToFailAnswers503UntilItRecovers() throws Exception {
    server.fail("news");
    assertThat(get("news", "q=a").statusCode()).isEqualTo(503);
    assertThat(get("stock", "q=a").statusCode()).isEqualTo(200);
    server.recover("news");
    assertThat(get("news", "q=a").statusCode()).isEqualTo(200);
    assertThat(server.requests("news")).isEqualTo(2);
  }

  @Test
  void refusesWhatIsNoQuestionAndSaysWhatItWants() throws Exception {
    assertThat(get("weather", "x=1").statusCode()).isEqualTo(400);
    assertThat(get("weather", "x=1").body()).contains("expected ?q=TEXT");
    assertThat(get("weather", "q=%20").statusCode()).isEqualTo(400);
    assertThat(get("weather", "q=" + "a".repeat(201)).statusCode()).isEqualTo(400);
    assertThat(get("weather", "q=a&b=" + "a".repeat(3000)).statusCode()).isEqualTo(400);
    assertThat(
            get(URI.create("http://127.0.0.1:" + server.port() + "/nothing"), "q=a").statusCode())
        .isEqualTo(404);
    HttpRequest post =
        HttpRequest.newBuilder(URI.create(server.uri("weather") + "?q=a"))
            .POST(HttpRequest.BodyPublishers.ofString("x"))
            .build();
    assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
    assertThatThrownBy(() -> server.fail("wether")).hasMessageContaining("there are weather, ");
  }

  @Test
  void answersManyRequestsAtOnceWithoutAThreadForEach() throws Exception {
    Duration fixed = Duration.ofMillis(300);
    try (SourceServer slow = SourceServer.start(1, new SeededLatency(fixed, fixed))) {
      get(slow.uri("stock"), "q=warm");
      long before = System.nanoTime();
      List<CompletableFuture<Integer>> answers =
          IntStream.range(0, 40)
              .mapToObj(
                  i ->
                      client
                          .sendAsync(
                              request(slow.uri("stock"), "q=" + i),
                              HttpResponse.BodyHandlers.ofString())
                          .thenApply(HttpResponse::statusCode))
              .toList();
      assertThat(answers).allMatch(answer -> answer.join() == 200);
      // One after the other they would take 12 s, four at a time 3 s.
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(3));
    }
  }

  private HttpResponse<String> get(String name, String query) throws Exception {
    return get(server.uri(name), query);
  }

  private HttpResponse<String> get(URI source, String query) throws Exception {
    return client.send(request(source, query), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest request(URI source, String query) {
    return HttpRequest.newBuilder(URI.create(source + "?" + query)).build();
  }
}
