package io.millrace.platform.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What any program with an HTTP client can do with models, by the Open Inference Protocol. */
final class ModelDoor {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration EVERY = Duration.ofMillis(50);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String url;
  private final HttpClient http = HttpClient.newHttpClient();

  /**
   * @param url of the gateway
   */
  ModelDoor(String url) {
    this.url = url;
  }

  /**
   * Waits until a worker has the model ready.
   *
   * @return how long that took
   * @throws DemoException if it takes too long
   */
  Duration awaitReady(String model) throws InterruptedException {
    Stopwatch stopwatch = new Stopwatch();
    CountDownLatch never = new CountDownLatch(1);
    HttpRequest question =
        HttpRequest.newBuilder(URI.create(url + "/v2/models/" + model + "/ready"))
            .timeout(LIMIT)
            .build();
    while (send(question).statusCode() != 200) {
      if (stopwatch.elapsed().compareTo(LIMIT) > 0) {
        throw new DemoException(model + " was not ready within " + LIMIT.toSeconds() + " s", null);
      }
      boolean unused = never.await(EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }
    return stopwatch.elapsed();
  }

  /**
   * The scores of a row.
   *
   * @throws DemoException if they are not given
   */
  float[] scores(String model, float[] features) throws InterruptedException {
    ObjectNode body = JSON.createObjectNode();
    ObjectNode input = body.putArray("inputs").addObject();
    input.put("name", DemoModel.INPUT).put("datatype", "FP32");
    input.putArray("shape").add(1).add(features.length);
    ArrayNode data = input.putArray("data");
    for (float feature : features) {
      data.add(feature);
    }
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url + "/v2/models/" + model + "/infer"))
                .timeout(LIMIT)
                .POST(BodyPublishers.ofString(body.toString()))
                .build());
    if (answer.statusCode() != 200) {
      throw new DemoException(
          "the gateway answered %d: %.200s".formatted(answer.statusCode(), answer.body()), null);
    }
    try {
      JsonNode elements = JSON.readTree(answer.body()).at("/outputs/0/data");
      float[] scores = new float[elements.size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = elements.get(i).floatValue();
      }
      return scores;
    } catch (IOException e) {
      throw new DemoException("the gateway's answer is no JSON: " + e.getMessage(), e);
    }
  }

  private HttpResponse<String> send(HttpRequest request) throws InterruptedException {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new DemoException("the gateway did not answer: " + e, e);
    }
  }
}
