package io.millrace.platform.apply;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Reads a file of YAML or JSON, by its name's ending, within stated bounds. */
final class Documents {
  /** Longest file that is read, bytes. */
  static final int BYTES_MAX = 1 << 20;

  private Documents() {}

  /** The text of the file, UTF-8. */
  static String read(Path file) throws InvalidDocumentException {
    Problems problems = new Problems(file.toString());
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(BYTES_MAX + 1);
    } catch (NoSuchFileException e) {
      throw problems.fatal(0, "", "there is no such file");
    } catch (IOException e) {
      throw problems.fatal(
          0, "", "cannot be read: " + (Files.isDirectory(file) ? "it is a directory" : e));
    }
    if (bytes.length > BYTES_MAX) {
      throw problems.fatal(0, "", "is longer than 1 MiB, the most that is read; split it");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw problems.fatal(0, "", "is not UTF-8 text");
    }
  }

  /** The documents in the text: JSON if the file's name ends so, YAML otherwise. */
  static List<Element> parse(String file, String text, Problems problems)
      throws InvalidDocumentException {
    if (text.length() > BYTES_MAX) {
      throw problems.fatal(0, "", "is longer than 1 MiB, the most that is read; split it");
    }
    String content = text.startsWith("\uFEFF") ? text.substring(1) : text;
    return file.toLowerCase(Locale.ROOT).endsWith(".json")
        ? List.of(JsonElements.parse(content, problems))
        : YamlElements.parse(content, problems);
  }
}
