package io.millrace.schemas.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminServerTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private volatile String metrics = "";
  private volatile Readiness readiness = new Readiness(List.of());
  private final AdminServer server = AdminServer.start(0, () -> metrics, () -> readiness);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void showsTheMetersAsTheyAreNow() throws Exception {
    metrics = "calls_total{outcome=\"ok\"} 3.0\n";
    HttpResponse<String> answer = get("/metrics");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(metrics);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void isLiveWhileItIsNotReady() throws Exception {
    readiness =
        new Readiness(
            List.of(
                new Readiness.Part("broker", true, ""),
                new Readiness.Part("worker", false, "waits for its group")));
    assertThat(get("/livez").statusCode()).isEqualTo(200);
    HttpResponse<String> answer = get("/readyz");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body())
        .isEqualTo(
            "{\"ready\":false,\"parts\":{\"broker\":{\"ready\":true,\"detail\":\"\"},"
                + "\"worker\":{\"ready\":false,\"detail\":\"waits for its group\"}}}");
    readiness = new Readiness(List.of(new Readiness.Part("worker", true, "")));
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void answersARequestItDoesNotKnow() throws Exception {
    assertThat(get("/other").statusCode()).isEqualTo(404);
    HttpRequest post =
        HttpRequest.newBuilder(URI.create(server.url() + "/livez"))
            .POST(BodyPublishers.noBody())
            .build();
    assertThat(HTTP.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  @Test
  void answersWith500WhenTheStateCannotBeAsked() throws Exception {
    try (AdminServer broken =
        AdminServer.start(
            0,
            () -> metrics,
            () -> {
              throw new IllegalStateException("asked too early");
            })) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(broken.url() + "/readyz")).build();
      assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(500);
    }
  }

  @Test
  void saysWhichPortIsInUse() {
    assertThatThrownBy(() -> AdminServer.start(server.port(), () -> metrics, () -> readiness))
        .isInstanceOf(PortInUseException.class)
        .hasMessageContaining("Port " + server.port() + " on 127.0.0.1 is in use")
        .hasMessageContaining("admin server");
  }

  private HttpResponse<String> get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + path)).build();
    return HTTP.send(request, BodyHandlers.ofString());
  }
}
