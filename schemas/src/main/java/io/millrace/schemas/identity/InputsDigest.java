package io.millrace.schemas.identity;

import io.millrace.events.InferenceRequest;
import io.millrace.events.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * The exact hash of what a model is asked: SHA-256 of its inputs by name, datatype, shape and
 * bytes, and of the outputs and parameters that are asked for. Their order does not matter.
 */
public final class InputsDigest {
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Ids::sha256);

  private InputsDigest() {}

  /** The hash as 43 characters of base64url. */
  public static String of(InferenceRequest asked) {
    MessageDigest digest = SHA_256.get();
    List<Tensor> inputs =
        asked.getInputs().stream().sorted(Comparator.comparing(Tensor::getName)).toList();
    number(digest, inputs.size());
    inputs.forEach(input -> tensor(digest, input));
    number(digest, asked.getOutputs().size());
    asked.getOutputs().stream().sorted().forEach(output -> text(digest, output));
    new TreeMap<>(asked.getParameters())
        .forEach(
            (name, value) -> {
              text(digest, name);
              text(digest, value);
            });
    return BASE64.encodeToString(digest.digest());
  }

  /** Adds a tensor to a digest. */
  static void tensor(MessageDigest digest, Tensor tensor) {
    text(digest, tensor.getName());
    text(digest, tensor.getDatatype().name());
    number(digest, tensor.getShape().size());
    tensor.getShape().forEach(dimension -> number(digest, dimension));
    number(digest, tensor.getData().remaining());
    digest.update(tensor.getData().duplicate());
  }

  private static void number(MessageDigest digest, long number) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
  }

  private static void text(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(digest, bytes.length);
    digest.update(bytes);
  }
}
