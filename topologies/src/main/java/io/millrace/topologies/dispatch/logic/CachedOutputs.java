package io.millrace.topologies.dispatch.logic;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.millrace.state.CachedOutput;
import io.millrace.topologies.guard.logic.Tensors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The forms of a cached answer: as it is served, and as it is stored, large outputs compressed. */
final class CachedOutputs {
  private static final int LEVEL = 3;

  /** No output is larger (arguments and outputs are at most 1 MiB, a character up to 4 bytes). */
  private static final int OUTPUT_BYTES_MAX = 4 << 20;

  private CachedOutputs() {}

  /**
   * The form to store.
   *
   * @param compressBytesMin from how many bytes on an output is compressed, if that makes it
   *     smaller
   */
  static CachedOutput pack(CachedOutput served, int compressBytesMin) {
    String output = served.getOutput();
    if (output == null || output.length() < compressBytesMin) {
      return served;
    }
    byte[] plain = output.getBytes(StandardCharsets.UTF_8);
    byte[] compressed = Zstd.compress(plain, LEVEL);
    if (compressed.length >= plain.length) {
      return served;
    }
    CachedOutput stored = CachedOutput.newBuilder(served).build();
    stored.setOutput(null);
    stored.setCompressed(ByteBuffer.wrap(compressed));
    return stored;
  }

  /** The form to serve; null if what was stored is damaged. */
  static @Nullable CachedOutput unpack(CachedOutput stored) {
    ByteBuffer compressed = stored.getCompressed();
    if (compressed == null) {
      return stored;
    }
    byte[] bytes = new byte[compressed.remaining()];
    compressed.duplicate().get(bytes);
    long size = Zstd.getFrameContentSize(bytes);
    if (size <= 0 || size > OUTPUT_BYTES_MAX) {
      return null;
    }
    try {
      byte[] plain = Zstd.decompress(bytes, (int) size);
      CachedOutput served = CachedOutput.newBuilder(stored).build();
      served.setOutput(new String(plain, StandardCharsets.UTF_8));
      served.setCompressed(null);
      return served;
    } catch (ZstdException e) {
      return null;
    }
  }

  /** Bytes of an answer with its key, a character counted as one. */
  static int bytes(String fingerprint, CachedOutput cached) {
    int bytes = fingerprint.length();
    if (cached.getOutput() != null) {
      bytes += cached.getOutput().length();
    }
    if (cached.getCompressed() != null) {
      bytes += cached.getCompressed().remaining();
    }
    if (cached.getOutputs() != null) {
      bytes += (int) Tensors.bytes(cached.getOutputs());
    }
    if (cached.getFailure() != null) {
      bytes += cached.getFailure().getMessage().length();
    }
    return bytes;
  }
}
