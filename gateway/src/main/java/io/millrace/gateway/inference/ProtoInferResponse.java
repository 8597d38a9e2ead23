package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedOutputStream;
import io.millrace.events.InferenceResult;
import io.millrace.events.Tensor;
import io.millrace.gateway.http.Grpc;
import io.millrace.schemas.json.RecordJson;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a ModelInferResponse of the gRPC door; its outputs are always raw contents. */
final class ProtoInferResponse {
  private static final int RAW_OUTPUT_CONTENTS = 6;

  private ProtoInferResponse() {}

  /**
   * The message in its frame.
   *
   * @param model name as it was asked for
   * @param id of the client's own; null: none
   */
  static Buffer framed(String model, @Nullable String id, InferenceResult result) {
    byte[] head = head(model, id, result);
    int length = head.length;
    for (Tensor output : result.getOutputs()) {
      int bytes = output.getData().remaining();
      length +=
          CodedOutputStream.computeTagSize(RAW_OUTPUT_CONTENTS)
              + CodedOutputStream.computeUInt32SizeNoTag(bytes)
              + bytes;
    }
    byte[] message = new byte[length];
    CodedOutputStream out = CodedOutputStream.newInstance(message);
    try {
      out.writeRawBytes(head);
      for (Tensor output : result.getOutputs()) {
        // The whole capacity of a buffer is written: that of a slice is what remains.
        out.writeByteBuffer(RAW_OUTPUT_CONTENTS, output.getData().slice());
      }
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    }
    return Grpc.frame(length).appendBytes(message);
  }

  private static byte[] head(String model, @Nullable String id, InferenceResult result) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeString(1, model);
      out.writeString(2, result.getModelVersion());
      if (id != null) {
        out.writeString(3, id);
      }
      for (Map.Entry<String, String> parameter : result.getParameters().entrySet()) {
        out.writeByteArray(4, parameter(parameter.getKey(), parameter.getValue()));
      }
      for (Tensor output : result.getOutputs()) {
        out.writeByteArray(5, output(output));
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static byte[] parameter(String name, String json) throws IOException {
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(value);
    JsonNode node = RecordJson.parsed(json);
    if (node.isBoolean()) {
      out.writeBool(1, node.booleanValue());
    } else if (node.canConvertToLong() && node.isIntegralNumber()) {
      out.writeInt64(2, node.longValue());
    } else if (node.isNumber()) {
      out.writeDouble(4, node.doubleValue());
    } else {
      out.writeString(3, node.isTextual() ? node.textValue() : json);
    }
    out.flush();
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    CodedOutputStream fields = CodedOutputStream.newInstance(entry);
    fields.writeString(1, name);
    fields.writeByteArray(2, value.toByteArray());
    fields.flush();
    return entry.toByteArray();
  }

  private static byte[] output(Tensor output) throws IOException {
    ByteArrayOutputStream shape = new ByteArrayOutputStream();
    CodedOutputStream dimensions = CodedOutputStream.newInstance(shape);
    for (long dimension : output.getShape()) {
      dimensions.writeInt64NoTag(dimension);
    }
    dimensions.flush();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeString(1, output.getName());
    out.writeString(2, output.getDatatype().name());
    if (shape.size() > 0) {
      out.writeByteArray(3, shape.toByteArray());
    }
    out.flush();
    return bytes.toByteArray();
  }
}
