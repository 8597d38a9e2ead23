package io.millrace.platform.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.events.ModelSpec;
import io.millrace.events.TargetSpec;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.remote.RemoteModels;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks remote servers for the inputs and outputs of models whose declarations leave them out. */
public final class RemoteSignatures {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
  private static final int BYTES_MAX = 1 << 20;

  private RemoteSignatures() {}

  /**
   * Fills in what declarations leave out; those of other targets stay as they are.
   *
   * @throws IOException if a server cannot be asked, or does not say it; the message is for people
   */
  public static void complete(List<TargetSpec> targets) throws IOException {
    for (TargetSpec target : targets) {
      ModelSpec model = target.getModel();
      if (model != null && RemoteModels.remote(target) && model.getInputs().isEmpty()) {
        try {
          JsonNode metadata = get(model.getUri());
          model.setInputs(tensors(metadata, "inputs"));
          model.setOutputs(tensors(metadata, "outputs"));
          model.setBatchMax(get(model.getUri() + "/config").path("max_batch_size").asInt(0));
        } catch (IOException e) {
          throw new IOException(
              "%s: its server cannot be asked for inputs and outputs: %s; start it, or declare them"
                  .formatted(target.getTarget(), e.getMessage()),
              e);
        }
      }
    }
  }

  private static List<TensorSignature> tensors(JsonNode metadata, String member)
      throws IOException {
    List<TensorSignature> tensors = new ArrayList<>();
    for (JsonNode tensor : metadata.path(member)) {
      List<Long> shape = new ArrayList<>();
      tensor.path("shape").forEach(dimension -> shape.add(dimension.asLong(-1)));
      TensorDatatype type;
      try {
        type = TensorDatatype.valueOf(tensor.path("datatype").asText());
      } catch (IllegalArgumentException e) {
        throw new IOException(
            "its %s have the datatype %s".formatted(member, tensor.path("datatype")), e);
      }
      tensors.add(new TensorSignature(tensor.path("name").asText(), type, shape));
    }
    if (tensors.isEmpty()) {
      throw new IOException("its metadata have no " + member);
    }
    return tensors;
  }

  private static JsonNode get(String uri) throws IOException {
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(ANSWER_MAX)
            .build();
    HttpRequest request = HttpRequest.newBuilder(URI.create(uri)).timeout(ANSWER_MAX).build();
    try {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] bytes = body.readNBytes(BYTES_MAX);
        if (response.statusCode() != 200) {
          throw new IOException(uri + " answered " + response.statusCode());
        }
        return JSON.readTree(bytes);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
