package io.millrace.benchmarks.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The forms in which accesses to caches are recorded, and how each is read. */
public enum TraceFormat {
  /** A JSON object a line; every element of {@code hash_ids} is an access. */
  MOONCAKE {
    @Override
    Lines lines() {
      return new MooncakeLines();
    }
  },
  /** A whole number a line; a line of {@code *} says nothing. */
  LIRS {
    @Override
    Lines lines() {
      return TraceFormat::lirs;
    }
  },
  /** {@code key[,bytes[,cost]]}; a first line that begins with {@code key} is a header. */
  CSV {
    @Override
    Lines lines() {
      return new CsvLines();
    }
  };

  private static final BigInteger LONG_RANGE = BigInteger.ONE.shiftLeft(64);
  private static final int ACCESSES_MAX = 20_000_000;
  private static final int NUMBER_LENGTH_MAX = 40;
  private static final int SHOWN_MAX = 60;

  /** Takes the lines of one file. */
  private interface Lines {
    /**
     * Takes a line.
     *
     * @throws TraceException saying what is wrong with it
     */
    void line(String line, int number, Trace into) throws TraceException;
  }

  abstract Lines lines();

  /**
   * Reads a file.
   *
   * @throws TraceException naming the line and what is wrong with it
   * @throws IOException if the file cannot be read
   */
  public Trace read(Path file) throws TraceException, IOException {
    Trace trace = new Trace();
    Lines lines = lines();
    try (TextLines text = new TextLines(Files.newInputStream(file))) {
      for (String line = text.next(); line != null; line = text.next()) {
        if (line.isBlank()) {
          throw new TraceException(text.number(), "it is empty: the trace has a gap");
        }
        lines.line(line.strip(), text.number(), trace);
        if (trace.size() > ACCESSES_MAX) {
          throw new TraceException(
              text.number(),
              "expected at most %d accesses: replay a part of the trace".formatted(ACCESSES_MAX));
        }
      }
      if (trace.size() == 0) {
        throw new TraceException(
            Math.max(1, text.number()), "the trace ends without an access; expected at least one");
      }
    }
    return trace;
  }

  /** What was found, cut where it is too long to be shown. */
  private static String shown(String found) {
    return found.length() <= SHOWN_MAX ? found : found.substring(0, SHOWN_MAX) + "…";
  }

  private static void lirs(String line, int number, Trace into) throws TraceException {
    if (line.equals("*")) {
      return;
    }
    try {
      into.add(Long.parseLong(line));
    } catch (NumberFormatException notLong) {
      into.add(unsigned(line, number));
    }
  }

  /** Blocks are named by 64 bits, which some write without a sign. */
  private static long unsigned(String line, int number) throws TraceException {
    try {
      // The text is bounded first: to read a number of many digits takes their square.
      BigInteger key = line.length() > NUMBER_LENGTH_MAX ? LONG_RANGE : new BigInteger(line);
      if (key.signum() >= 0 && key.compareTo(LONG_RANGE) < 0) {
        return key.longValue();
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new TraceException(
        number, "expected a whole number of 64 bits, but found " + shown(line));
  }

  private static final class MooncakeLines implements Lines {
    private final ObjectMapper json =
        new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private long before;

    @Override
    public void line(String line, int number, Trace into) throws TraceException {
      JsonNode request = parse(line, number);
      if (!request.isObject()) {
        throw new TraceException(number, "expected a JSON object, but found " + shown(line));
      }
      JsonNode timestamp = request.path("timestamp");
      if (!timestamp.isNumber() || !timestamp.canConvertToLong() || timestamp.asLong() < 0) {
        throw new TraceException(
            number,
            "expected a timestamp of 0 ms or later, but found "
                + (timestamp.isMissingNode() ? "none" : shown(timestamp.toString())));
      }
      if (timestamp.asLong() < before) {
        throw new TraceException(
            number,
            "expected a timestamp of %d ms or later, the one before, but found %s"
                .formatted(before, timestamp));
      }
      before = timestamp.asLong();
      JsonNode blocks = request.path("hash_ids");
      if (!blocks.isArray() || blocks.isEmpty()) {
        throw new TraceException(number, "expected hash_ids, an array of at least one number");
      }
      for (JsonNode block : blocks) {
        if (!block.isIntegralNumber() || !block.canConvertToLong() || block.asLong() < 0) {
          throw new TraceException(
              number,
              "expected hash_ids of 0 or more, whole numbers, but found "
                  + shown(block.toString()));
        }
        into.add(block.asLong());
      }
    }

    private JsonNode parse(String line, int number) throws TraceException {
      try {
        return json.readTree(line);
      } catch (JsonProcessingException e) {
        throw new TraceException(
            number,
            "expected a JSON object: " + e.getOriginalMessage().lines().findFirst().orElse(""));
      }
    }
  }

  private static final class CsvLines implements Lines {
    private final Map<String, Integer> keys = new HashMap<>();
    private int columns;

    @Override
    public void line(String line, int number, Trace into) throws TraceException {
      String[] fields = line.split(",", -1);
      if (columns == 0) {
        columns = fields.length;
        if (columns > 3) {
          throw new TraceException(number, "expected key[,bytes[,cost]], but found " + shown(line));
        }
        into.columns(columns > 1, columns > 2);
        if (fields[0].strip().equals("key")) {
          return;
        }
      }
      if (fields.length != columns) {
        throw new TraceException(
            number,
            "expected %d fields as in the first line, but found %d"
                .formatted(columns, fields.length));
      }
      String key = fields[0].strip();
      if (key.isEmpty()) {
        throw new TraceException(number, "expected a key, but found none");
      }
      double bytes = columns > 1 ? positive(fields[1], "bytes", number) : 1;
      if (bytes > Integer.MAX_VALUE || bytes != Math.rint(bytes)) {
        throw new TraceException(
            number,
            "expected bytes as a whole number up to 2147483647, but found "
                + shown(fields[1].strip()));
      }
      double cost = columns > 2 ? positive(fields[2], "cost", number) : 1;
      into.add(keys.computeIfAbsent(key, k -> keys.size()), (int) bytes, (float) cost);
    }

    private static double positive(String field, String name, int number) throws TraceException {
      String text = field.strip();
      try {
        BigDecimal value =
            text.length() > NUMBER_LENGTH_MAX ? BigDecimal.ZERO : new BigDecimal(text);
        if ((float) value.doubleValue() > 0 && Float.isFinite((float) value.doubleValue())) {
          return value.doubleValue();
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new TraceException(
          number, "expected %s over 0, but found '%s'".formatted(name, shown(text)));
    }
  }
}
