package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.process.WorkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The lines that non-idempotent tasks append, a directory for each worker: who ran what is seen
 * from outside, whatever the platform says.
 */
final class Effects {
  static final String FILE = "effects.txt";

  private final WorkDirectory work;
  private final Map<String, Path> directories = new TreeMap<>();
  private final Map<String, Long> positions = new HashMap<>();

  Effects(WorkDirectory work) {
    this.work = work;
  }

  /** The directory that a worker may write to. */
  synchronized Path directory(String worker) {
    return directories.computeIfAbsent(worker, w -> work.sub("effects-" + w));
  }

  /** The operations whose lines a worker appended since the last call. */
  List<String> fresh(String worker) {
    Path file = directory(worker).resolve(FILE);
    long from = positions.getOrDefault(worker, 0L);
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - from));
      channel.position(from);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
      String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
      int end = text.lastIndexOf('\n') + 1;
      positions.put(worker, from + end);
      return end == 0 ? List.of() : text.substring(0, end).lines().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many lines each operation has, over all workers there ever were. */
  synchronized Map<String, Integer> counts() {
    Map<String, Integer> counts = new HashMap<>();
    for (Path directory : new ArrayList<>(directories.values())) {
      Path file = directory.resolve(FILE);
      if (!Files.exists(file)) {
        continue;
      }
      try {
        Files.readAllLines(file).forEach(line -> counts.merge(line, 1, Integer::sum));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return counts;
  }
}
