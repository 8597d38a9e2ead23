package io.millrace.platform.cli;

import io.millrace.platform.data.PlatformFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Looks into what a platform needs of this machine: Java, memory, the data directory, ports. */
final class MachineChecks {
  private static final int JAVA_MIN = 17;
  private static final long DISK_MIN = 256L << 20;
  private static final long DISK_LOW = 2L << 30;
  private static final long HEAP_LOW = 200L << 20;

  private final Path data;

  MachineChecks(Path data) {
    this.data = data.toAbsolutePath().normalize();
  }

  /** All of them. */
  List<Check> run(List<Integer> ports) {
    List<Check> checks = new java.util.ArrayList<>();
    checks.add(java(Runtime.version().feature()));
    checks.add(memory());
    checks.add(writable());
    checks.add(diskSpace());
    Optional<PlatformFile> holder = holder();
    checks.add(lock(holder));
    for (int port : ports) {
      checks.add(port(port, holder));
    }
    return checks;
  }

  static Check java(int version) {
    String detail = "Java " + version + " at " + System.getProperty("java.home");
    return version >= JAVA_MIN
        ? Check.ok("java", detail)
        : Check.failed(
            "java", detail, "install JDK " + JAVA_MIN + " or later and point JAVA_HOME to it");
  }

  private static Check memory() {
    long heap = Runtime.getRuntime().maxMemory();
    String detail = (heap >> 20) + " MiB of heap at most for this command";
    return heap >= HEAP_LOW
        ? Check.ok("memory", detail)
        : Check.warning(
            "memory", detail, "the platform itself runs better with MILLRACE_HEAP=512m");
  }

  private Check writable() {
    Path existing = existing();
    boolean fits = Files.isDirectory(existing) && Files.isWritable(existing);
    String detail = data + (existing.equals(data) ? "" : " (not there yet)");
    return fits
        ? Check.ok("data_directory", detail + " can be written")
        : Check.failed(
            "data_directory",
            detail + " cannot be written: " + existing + " is " + whatIs(existing),
            "change its permissions, or choose another with --data DIR");
  }

  private static String whatIs(Path path) {
    return Files.isDirectory(path) ? "not writable" : "no directory";
  }

  private Check diskSpace() {
    try {
      long free = Files.getFileStore(existing()).getUsableSpace();
      String detail = (free >> 20) + " MiB free for " + data;
      if (free < DISK_MIN) {
        return Check.failed(
            "disk_space",
            detail,
            "free at least " + (DISK_MIN >> 20) + " MiB, or choose another disk with --data DIR");
      }
      return free < DISK_LOW
          ? Check.warning(
              "disk_space", detail, "the log grows: plan for " + (DISK_LOW >> 30) + " GiB")
          : Check.ok("disk_space", detail);
    } catch (IOException e) {
      return Check.failed("disk_space", "cannot be asked: " + e, "choose another --data DIR");
    }
  }

  private Optional<PlatformFile> holder() {
    try {
      return PlatformFile.read(data).filter(PlatformFile::isRunning);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Check lock(Optional<PlatformFile> holder) {
    return holder
        .map(
            running ->
                Check.ok(
                    "lock",
                    "held by process "
                        + running.pid()
                        + " since "
                        + running.startedAt()
                        + (running.ready() ? ", which is ready" : ", which is still starting")))
        .orElseGet(() -> Check.ok("lock", "nobody holds the data directory"));
  }

  /** A port is free, or taken by the platform itself. */
  private static Check port(int port, Optional<PlatformFile> holder) {
    String name = "port_" + port;
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return Check.ok(name, "free");
    } catch (IOException e) {
      boolean own =
          holder.stream()
              .flatMap(
                  file ->
                      Stream.concat(
                          Stream.of(
                              file.bootstrapServers(), file.schemaRegistryUrl(), file.httpUrl()),
                          file.partUrls().stream()))
              .anyMatch(address -> address != null && address.matches(".*:" + port + "/?"));
      return own
          ? Check.ok(name, "used by this platform")
          : Check.warning(
              name,
              "taken by another program (" + e.getMessage() + ")",
              "stop that program, or start with another port; 0 takes any free one");
    }
  }

  private Path existing() {
    Path path = data;
    while (!Files.exists(path) && path.getParent() != null) {
      path = path.getParent();
    }
    return path;
  }
}
