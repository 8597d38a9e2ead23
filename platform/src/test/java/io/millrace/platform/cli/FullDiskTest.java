package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs the right to mount a small file system, and is skipped without it. */
class FullDiskTest {
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void aPlatformWhoseDiskIsFullEndsWithOneClearLine() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", disk.toString()),
        "a file system cannot be mounted here");
    try {
      Path output = directory.resolve("output");
      Process platform =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx256m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Millrace.class.getName(),
                  "up",
                  "--data",
                  disk.resolve("data").toString(),
                  "--port",
                  "0",
                  "--registry-port",
                  "0",
                  "--http-port",
                  "0")
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try {
        await().atMost(START).until(() -> Files.readString(output).contains("ready in"));
        fill(bootstrap(Files.readString(output)), platform);
        assertThat(platform.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(platform.exitValue()).isNotZero();
        assertThat(Files.readString(output).lines().filter(l -> l.contains("disk is not full")))
            .hasSize(1);
      } finally {
        platform.destroyForcibly().waitFor();
      }
    } finally {
      run("umount", disk.toString());
    }
  }

  private static String bootstrap(String output) {
    String line = output.lines().filter(l -> l.contains("  broker ")).findFirst().orElseThrow();
    return line.substring(line.lastIndexOf(' ') + 1);
  }

  /** Bytes that are no record: they fill the log, and rejections besides. */
  private static void fill(String bootstrap, Process platform) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "delivery.timeout.ms",
            3_000,
            "request.timeout.ms",
            2_000,
            "linger.ms",
            0,
            "max.block.ms",
            3_000);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      byte[] bytes = new byte[500_000];
      for (int i = 0; i < 400 && platform.isAlive(); i++) {
        producer.send(new ProducerRecord<>("tool.calls", bytes));
      }
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(new File("/dev/null"))
            .start();
    return process.waitFor() == 0;
  }
}
