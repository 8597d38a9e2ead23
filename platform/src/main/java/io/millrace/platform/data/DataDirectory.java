package io.millrace.platform.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A data directory, held by this process alone until it is closed.
 *
 * <p>The operating system keeps the lock and drops it when the process ends in whatever way, so a
 * killed platform blocks nobody. {@link PlatformFile} says who holds it.
 */
public final class DataDirectory implements AutoCloseable {

  private final Path path;
  private final FileChannel channel;
  private final PlatformFile holder;

  private DataDirectory(Path path, FileChannel channel, PlatformFile holder) {
    this.path = path;
    this.channel = channel;
    this.holder = holder;
  }

  /**
   * Creates the directory when it is missing and takes hold of it.
   *
   * @throws DataDirectoryException when another platform holds it, or it cannot be written
   */
  public static DataDirectory hold(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    FileChannel channel = null;
    try {
      Files.createDirectories(absolute);
      channel =
          FileChannel.open(
              absolute.resolve("platform.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new DataDirectoryException(heldMessage(absolute), null);
      }
      PlatformFile holder = PlatformFile.ofThisProcess();
      holder.write(absolute);
      return new DataDirectory(absolute, channel, holder);
    } catch (IOException e) {
      closeQuietly(channel);
      throw new DataDirectoryException(
          "The data directory "
              + absolute
              + " cannot be used: "
              + e
              + ". Check that it is a directory, writable, on a disk that is not full.",
          e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by this very process.
      return null;
    }
  }

  private static String heldMessage(Path path) throws IOException {
    Optional<PlatformFile> holder = PlatformFile.read(path);
    String who =
        holder
            .map(
                h ->
                    "process "
                        + h.pid()
                        + ", started "
                        + h.startedAt()
                        + (h.bootstrapServers() == null
                            ? ", still starting"
                            : ", broker at " + h.bootstrapServers()))
            .orElse("a process that has not said yet who it is");
    return "The data directory "
        + path
        + " is held by another platform ("
        + who
        + "). Stop that one, or give another --data.";
  }

  /** The directory, absolute. */
  public Path path() {
    return path;
  }

  /**
   * Writes down where this platform can be reached, for other commands.
   *
   * @throws DataDirectoryException when it cannot be written
   */
  public void ready(
      String bootstrapServers, String schemaRegistryUrl, String httpUrl, List<String> partUrls) {
    try {
      holder.readyAt(bootstrapServers, schemaRegistryUrl, httpUrl, partUrls).write(path);
    } catch (IOException e) {
      throw new DataDirectoryException(
          "The file " + path.resolve(PlatformFile.NAME) + " cannot be written: " + e, e);
    }
  }

  /** Removes the note of who holds the directory and lets go of it. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(path.resolve(PlatformFile.NAME));
    } catch (IOException e) {
      // A stale note is told from a live one by its process.
    } finally {
      closeQuietly(channel);
    }
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // Closing gives the lock back even when it complains.
    }
  }
}
