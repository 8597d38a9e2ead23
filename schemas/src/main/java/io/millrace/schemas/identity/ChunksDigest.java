package io.millrace.schemas.identity;

import io.millrace.events.Tensor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;

/**
 * Tells whether two runs of a streamed model have given the same chunks so far.
 *
 * <p>A chain: the digest of a chunk is SHA-256 of the digest of the chunk before it and of its own
 * outputs. Equal digests of the last chunks say that all before them were equal as well, and a
 * chunk that is missing or out of place fits no chain.
 */
public final class ChunksDigest {
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Ids::sha256);

  private ChunksDigest() {}

  /**
   * The digest up to a chunk, 43 characters of base64url.
   *
   * @param before the digest up to the chunk before it; empty: it is the first
   * @param outputs of the chunk, in their order
   */
  public static String next(String before, List<Tensor> outputs) {
    MessageDigest digest = SHA_256.get();
    digest.update(before.getBytes(StandardCharsets.US_ASCII));
    outputs.forEach(output -> InputsDigest.tensor(digest, output));
    return BASE64.encodeToString(digest.digest());
  }
}
