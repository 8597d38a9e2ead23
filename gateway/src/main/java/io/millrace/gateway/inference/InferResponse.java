package io.millrace.gateway.inference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.millrace.events.InferenceResult;
import io.millrace.events.Tensor;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The body of an answer to an infer request: JSON, followed by the raw bytes of the outputs that
 * were asked for so.
 *
 * @param body whole
 * @param jsonLength how many of its bytes are JSON
 */
record InferResponse(Buffer body, int jsonLength) {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER).build();

  /** Whether raw bytes follow the JSON. */
  boolean binary() {
    return jsonLength < body.length();
  }

  /**
   * Writes the body.
   *
   * @param model name as it was asked for
   * @throws io.millrace.gateway.http.Refusal if an output cannot be said in JSON
   */
  static InferResponse of(String model, InferRequest request, InferenceResult result) {
    List<Tensor> raw = new ArrayList<>();
    try (ByteArrayBuilder bytes = new ByteArrayBuilder();
        JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("model_name", model);
      json.writeStringField("model_version", result.getModelVersion());
      if (request.id() != null) {
        json.writeStringField("id", request.id());
      }
      if (!result.getParameters().isEmpty()) {
        json.writeObjectFieldStart("parameters");
        for (var parameter : result.getParameters().entrySet()) {
          json.writeFieldName(parameter.getKey());
          json.writeRawValue(parameter.getValue());
        }
        json.writeEndObject();
      }
      json.writeArrayFieldStart("outputs");
      for (Tensor output : result.getOutputs()) {
        output(json, output, request.binary(output.getName()), raw);
      }
      json.writeEndArray();
      json.writeEndObject();
      json.flush();
      Buffer body = Buffer.buffer(bytes.toByteArray());
      int jsonLength = body.length();
      for (Tensor output : raw) {
        byte[] data = new byte[output.getData().remaining()];
        output.getData().duplicate().get(data);
        body.appendBytes(data);
      }
      return new InferResponse(body, jsonLength);
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    }
  }

  private static void output(JsonGenerator json, Tensor output, boolean binary, List<Tensor> raw)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", output.getName());
    json.writeStringField("datatype", output.getDatatype().name());
    json.writeFieldName("shape");
    json.writeStartArray();
    for (long dimension : output.getShape()) {
      json.writeNumber(dimension);
    }
    json.writeEndArray();
    if (binary) {
      json.writeObjectFieldStart("parameters");
      json.writeNumberField("binary_data_size", output.getData().remaining());
      json.writeEndObject();
      raw.add(output);
    } else {
      json.writeFieldName("data");
      TensorWriter.write(output, json);
    }
    json.writeEndObject();
  }
}
