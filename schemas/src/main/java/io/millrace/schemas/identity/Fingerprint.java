package io.millrace.schemas.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;

/**
 * The key under which equal work meets: base64url(SHA-256) of tenant, target, version and canonical
 * arguments for calls declared cacheable, of the operation id for all others.
 */
public final class Fingerprint {
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Ids::sha256);

  private Fingerprint() {}

  /**
   * The fingerprint of work that may be shared.
   *
   * @param tenant who it is for; equal work of two tenants never meets
   * @param target such as {@code tool:search}
   * @param version the target's version
   * @param arguments JSON text of an object
   * @return 43 characters of base64url
   * @throws IllegalArgumentException if the arguments are not JSON (see {@link CanonicalJson})
   */
  public static String ofWork(String tenant, String target, String version, String arguments) {
    return hash('w', tenant, target, version, CanonicalJson.of(arguments));
  }

  /**
   * The fingerprint of a run of a model that may be shared.
   *
   * @param model such as {@code model:sentiment@3}
   * @param inputsDigest hash of the inputs and of what is asked of them
   * @return 43 characters of base64url
   */
  public static String ofInference(
      String tenant, String model, String version, String inputsDigest) {
    return hash('i', tenant, model, version, inputsDigest);
  }

  /**
   * The fingerprint under which the requests of a sequence meet.
   *
   * @param model such as {@code model:sentiment@3}
   * @return 43 characters of base64url
   */
  public static String ofSequence(String tenant, String model, String sequenceId) {
    return hash('s', tenant, model, sequenceId);
  }

  /**
   * The fingerprint of work that is never shared.
   *
   * @param operationId id of the operation
   * @return 43 characters of base64url
   */
  public static String ofOperation(String operationId) {
    return hash('o', operationId);
  }

  private static String hash(char kind, String... parts) {
    MessageDigest digest = SHA_256.get();
    digest.update((byte) kind);
    for (String part : parts) {
      digest.update(part.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
    }
    return BASE64.encodeToString(digest.digest());
  }
}
