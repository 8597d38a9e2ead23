package io.millrace.gateway.inference;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.TargetSpec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The protocol's JSON without HTTP around it, for those who ask through the log. */
public final class InferenceJson {
  private InferenceJson() {}

  /**
   * A request that was read.
   *
   * @param id the client's own name for it; null: none
   * @param event what it asks; id, model, times and reply partition are not set
   */
  public record Asked(@Nullable String id, InferenceRequest.Builder event) {}

  /**
   * Reads a request and compares it with the signature that its model declares.
   *
   * @param json the JSON of an infer request, UTF-8
   * @param bytesMax the most bytes that its inputs may take as tensors
   * @throws io.millrace.gateway.http.Refusal naming the first field that is wrong
   */
  public static Asked read(TargetSpec model, byte[] json, int bytesMax) {
    InferRequest request = InferRequestReader.read(json, json.length, bytesMax);
    Signature.check(model, request);
    return new Asked(request.id(), RequestEvents.of(request).setModel(model.getName()));
  }

  /**
   * The answer as the JSON of an infer response, UTF-8.
   *
   * @param id the client's own name for the request; null: none
   * @throws io.millrace.gateway.http.Refusal if JSON has no word for an element of an output
   */
  public static byte[] write(String model, @Nullable String id, InferenceResult result) {
    return InferResponse.of(model, new InferRequest(id, Map.of(), List.of(), List.of()), result)
        .body()
        .getBytes();
  }
}
