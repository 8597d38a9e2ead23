package io.millrace.schemas.serde;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Asks a Confluent-compatible schema registry over HTTP; every call is bounded in time and answer
 * size.
 *
 * <p>Source: Confluent's documented Schema Registry REST API, version 1. Nothing is cached here.
 */
public final class RegistryClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final int ANSWER_BYTES_MAX = 4 * 1024 * 1024;
  private static final long RETRY_PAUSE_MS = 100;

  private final List<String> urls;
  private final int requestTimeoutMs;
  private final long retryTimeoutMs;
  private final String userInfo;

  RegistryClient(SerdeConfig config) {
    this.urls = config.urls().stream().map(url -> url.replaceAll("/$", "")).toList();
    this.requestTimeoutMs = config.getInt(SerdeConfig.REQUEST_TIMEOUT_MS);
    this.retryTimeoutMs = config.getInt(SerdeConfig.RETRY_TIMEOUT_MS);
    this.userInfo = config.getPassword(SerdeConfig.USER_INFO).value();
  }

  /**
   * A client by settings.
   *
   * @param settings keys of {@link SerdeConfig}; others are ignored
   */
  public static RegistryClient of(Map<String, ?> settings) {
    return new RegistryClient(new SerdeConfig(settings));
  }

  /**
   * Registers a schema, or finds it if the subject has it.
   *
   * @return its id
   * @throws RegistryException if the registry refuses (incompatible, say) or stays away
   */
  public int register(String subject, Schema schema) {
    return post("/subjects/" + encode(subject) + "/versions", schema).path("id").asInt();
  }

  /**
   * Finds a schema in a subject.
   *
   * @return its id
   * @throws RegistryException if the subject does not have it, or the registry stays away
   */
  public int lookUp(String subject, Schema schema) {
    return post("/subjects/" + encode(subject), schema).path("id").asInt();
  }

  /**
   * The schema of an id.
   *
   * @throws RegistryException if there is none (status 404), or the registry stays away
   */
  public Schema schema(int id) {
    return parsed(id, request("GET", "/schemas/ids/" + id, null).path("schema").asText());
  }

  /**
   * All versions of a subject, by the ids of their schemas.
   *
   * @throws RegistryException if there is no such subject (status 404), or the registry stays away
   */
  Map<Integer, Schema> versions(String subject) {
    String path = "/subjects/" + encode(subject) + "/versions";
    Map<Integer, Schema> byId = new HashMap<>();
    for (JsonNode number : request("GET", path, null)) {
      JsonNode version = request("GET", path + "/" + number.asInt(), null);
      int id = version.path("id").asInt();
      byId.put(id, parsed(id, version.path("schema").asText()));
    }
    return byId;
  }

  private static Schema parsed(int id, String text) {
    try {
      return new Schema.Parser().parse(text);
    } catch (RuntimeException e) {
      throw new RegistryException("schema " + id + " is not Avro: " + e.getMessage(), 200);
    }
  }

  /**
   * The names of all subjects; serves to see whether the registry answers.
   *
   * @throws RegistryException if the registry stays away
   */
  public List<String> subjects() {
    return JSON.convertValue(
        request("GET", "/subjects", null),
        JSON.getTypeFactory().constructCollectionType(List.class, String.class));
  }

  private JsonNode post(String path, Schema schema) {
    return request(
        "POST", path, JSON.createObjectNode().put("schema", schema.toString()).toString());
  }

  private JsonNode request(String method, String path, @Nullable String body) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(retryTimeoutMs);
    while (true) {
      RegistryException failure = null;
      for (String url : urls) {
        try {
          return once(method, url, path, body);
        } catch (RegistryException e) {
          if (!e.away()) {
            throw e;
          }
          failure = e;
        }
      }
      if (failure == null) {
        throw new RegistryException("no schema registry address given", 0);
      }
      if (System.nanoTime() > end || !pause()) {
        throw failure;
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(RETRY_PAUSE_MS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private JsonNode once(String method, String url, String path, @Nullable String body) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(url + path).toURL().openConnection();
      connection.setRequestMethod(method);
      connection.setConnectTimeout(requestTimeoutMs);
      connection.setReadTimeout(requestTimeoutMs);
      connection.setRequestProperty("Accept", CONTENT_TYPE);
      if (!userInfo.isEmpty()) {
        connection.setRequestProperty(
            "Authorization",
            "Basic "
                + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8)));
      }
      if (body != null) {
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", CONTENT_TYPE);
        try (OutputStream out = connection.getOutputStream()) {
          out.write(body.getBytes(StandardCharsets.UTF_8));
        }
      }
      int status = connection.getResponseCode();
      try (InputStream in =
          status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
        byte[] answer = in == null ? new byte[0] : in.readNBytes(ANSWER_BYTES_MAX);
        if (status >= 500) {
          throw new RegistryException(
              "schema registry %s answered %d".formatted(url, status),
              true,
              status,
              new IOException(new String(answer, StandardCharsets.UTF_8)));
        }
        if (status >= 400) {
          throw new RegistryException(
              "schema registry %s refused %s %s: %d %s"
                  .formatted(url, method, path, status, new String(answer, StandardCharsets.UTF_8)),
              status);
        }
        return JSON.readTree(answer);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new RegistryException(
          "schema registry %s does not answer: %s".formatted(url, e), true, 0, e);
    }
  }

  private static String encode(String subject) {
    return URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
