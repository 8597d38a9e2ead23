package io.millrace.platform.infer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The results of a run, a line of JSON for each row in their order; it is the only thing that a run
 * which was interrupted leaves behind and needs.
 *
 * <p>First the lines that are there are read with {@link #next}, then {@link #append} writes after
 * the last one that was read; what follows there, such as half a line, is cut off. While it is open
 * no other process has it.
 */
public final class ResultFile implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int LINE_BYTES_MAX = 256 << 20;

  private final FileChannel file;
  private final LineReader lines;
  private final ByteArrayOutputStream unwritten = new ByteArrayOutputStream();
  private long kept;
  private boolean appending;

  /**
   * A line that is there.
   *
   * @param row number of the row; 0: it is no line of results
   * @param id of the row
   * @param failed whether it has an error in the place of outputs
   */
  public record Kept(long row, String id, boolean failed) {}

  private ResultFile(FileChannel file) throws IOException {
    this.file = file;
    // Not closed with the reader: it is the channel that both work on.
    InputStream in = Channels.newInputStream(file);
    this.lines = new LineReader(in, LINE_BYTES_MAX);
  }

  /**
   * Opens a file; makes it where it is missing.
   *
   * @param restart whether what it has is thrown away
   * @throws IOException also if another process has it open
   */
  public static ResultFile open(Path path, boolean restart) throws IOException {
    FileChannel file =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    try {
      if (file.tryLock() == null) {
        throw new IOException("another run writes it");
      }
      if (restart) {
        file.truncate(0);
      }
      return new ResultFile(file);
    } catch (OverlappingFileLockException e) {
      file.close();
      throw new IOException("another run writes it", e);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** The next line that is there; null where the whole ones end. */
  public @Nullable Kept next() throws IOException {
    LineReader.Line line = lines.next();
    if (line == null || !line.whole() || line.tooLong()) {
      return null;
    }
    Kept read = read(line.bytes());
    kept = line.end();
    return read;
  }

  private static Kept read(byte[] line) {
    long row = 0;
    String id = "";
    boolean failed = false;
    try (JsonParser json = JSON.createParser(line)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("row") && value == JsonToken.VALUE_NUMBER_INT) {
          row = json.getLongValue();
        } else if (name.equals("id") && value == JsonToken.VALUE_STRING) {
          id = json.getText();
        } else if (name.equals("error")) {
          failed = true;
        }
        json.skipChildren();
      }
      return new Kept(row, id, failed);
    } catch (IOException e) {
      return new Kept(0, "", false);
    }
  }

  /** Adds a line; it is in the file after {@link #flush}. */
  public void append(byte[] line) {
    unwritten.writeBytes(line);
    unwritten.write('\n');
  }

  /** Writes what was added. */
  public void flush() throws IOException {
    if (!appending) {
      appending = true;
      file.truncate(kept);
      file.position(kept);
    }
    if (unwritten.size() > 0) {
      ByteBuffer bytes = ByteBuffer.wrap(unwritten.toByteArray());
      while (bytes.hasRemaining()) {
        int unused = file.write(bytes);
      }
      unwritten.reset();
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
