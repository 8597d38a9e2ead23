package io.millrace.inference.runtime;

import io.millrace.inference.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** Finds the file of a model by its URI and makes sure that it is the one that was declared. */
public final class ModelFile {

  private static final int CHUNK = 1 << 16;

  private ModelFile() {}

  /**
   * The file, verified.
   *
   * @param uri a {@code file:} URI
   * @param sha256 what it must hash to, 64 hexadecimal digits; empty: it is not verified
   * @throws ModelException MODEL_INVALID if the URI is of another kind; MODEL_UNAVAILABLE if the
   *     file cannot be read; MODEL_HASH_MISMATCH if it is another
   */
  public static Path fetch(String uri, String sha256) {
    Path file = path(uri);
    if (sha256.isEmpty()) {
      if (!Files.isReadable(file)) {
        throw ModelException.unavailable("There is no file to read at %s".formatted(file));
      }
      return file;
    }
    String found = sha256(file);
    if (!found.equals(sha256.toLowerCase(Locale.ROOT))) {
      throw new ModelException(
          "MODEL_HASH_MISMATCH",
          "%s hashes to %s, but %s was declared; apply the model again if the file is right"
              .formatted(file, found, sha256),
          false);
    }
    return file;
  }

  private static Path path(String uri) {
    try {
      URI parsed = URI.create(uri);
      if ("file".equals(parsed.getScheme())) {
        return Path.of(parsed);
      }
    } catch (IllegalArgumentException e) {
      throw ModelException.invalid("The uri '%s' is none: %s".formatted(uri, e.getMessage()));
    }
    throw ModelException.invalid(
        "The uri '%s' is not one of a file; expected file:///DIRECTORY/model.onnx".formatted(uri));
  }

  /**
   * SHA-256 of a file, 64 hexadecimal digits.
   *
   * @throws ModelException MODEL_UNAVAILABLE if it cannot be read
   */
  public static String sha256(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] chunk = new byte[CHUNK];
      for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
        digest.update(chunk, 0, length);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw ModelException.unavailable("The model %s cannot be read: %s".formatted(file, e));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
