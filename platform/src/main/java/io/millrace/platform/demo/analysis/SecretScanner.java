package io.millrace.platform.demo.analysis;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Finds credentials in a line of text.
 *
 * <p>Besides the {@link SecretFormat formats} it knows private keys, signed web tokens, passwords
 * in addresses, and random-looking values assigned to names that speak of secrets. A finding holds
 * the first four characters and the length, never the rest.
 */
final class SecretScanner {

  private static final List<String> NAMES =
      List.of("password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey");
  private static final List<String> PLACEHOLDERS =
      List.of(
          "example",
          "changeme",
          "change-me",
          "placeholder",
          "your",
          "dummy",
          "xxxx",
          "sample",
          "todo",
          "password",
          "redacted",
          "insert",
          "12345",
          "abcdef",
          "test");
  private static final int MIN_VALUE = 16;
  private static final int MAX_VALUE = 200;

  /** Bits per character that words and identifiers of this length seldom reach. */
  private static final double MIN_ENTROPY_BITS = 3.5;

  private static final int SHOWN = 4;

  /**
   * A credential.
   *
   * @param kind what it is
   * @param line the line it stands on, from 1
   * @param redacted its first characters and its length
   */
  record Secret(String kind, int line, String redacted) {}

  private final Consumer<Secret> found;

  SecretScanner(Consumer<Secret> found) {
    this.found = found;
  }

  /** Scans every line of a text. */
  void scan(String text) {
    int number = 1;
    int start = 0;
    while (start <= text.length()) {
      int end = text.indexOf('\n', start);
      if (end < 0) {
        end = text.length();
      }
      scanLine(text.substring(start, end), number++);
      start = end + 1;
    }
  }

  private void scanLine(String line, int number) {
    int i = 0;
    while (i < line.length()) {
      char c = line.charAt(i);
      int end = -1;
      boolean wordStart = i == 0 || !isWordPart(line.charAt(i - 1));
      if (wordStart && Character.isLetter(c)) {
        end = knownFormat(line, i, number);
      }
      if (end < 0 && c == '-') {
        end = privateKey(line, i, number);
      }
      if (end < 0 && c == ':') {
        end = addressPassword(line, i, number);
      }
      if (end < 0 && (c == '"' || c == '\'')) {
        end = assignedValue(line, i, number);
      }
      i = Math.max(end, i + 1);
    }
  }

  private int knownFormat(String line, int start, int number) {
    for (SecretFormat format : SecretFormat.KNOWN) {
      int end = format.endOf(line, start);
      if (end > 0 && !isPlaceholder(line.substring(start, end))) {
        report(format.name(), number, line, start, end);
        return end;
      }
    }
    return webToken(line, start, number);
  }

  /** {@code eyJ….eyJ….…}: two JSON objects and a signature in base64url. */
  private int webToken(String line, int start, int number) {
    if (!line.startsWith("eyJ", start)) {
      return -1;
    }
    int dots = 0;
    int end = start;
    int lastDot = start;
    while (end < line.length() && end - start < 4096) {
      char c = line.charAt(end);
      if (c == '.') {
        dots++;
        lastDot = end;
        if (dots == 1 && !line.startsWith("eyJ", end + 1)) {
          return -1;
        }
      } else if (!isWordPart(c) && c != '-') {
        break;
      }
      end++;
    }
    if (dots != 2 || end - lastDot < 20) {
      return -1;
    }
    report("JSON web token", number, line, start, end);
    return end;
  }

  private int privateKey(String line, int start, int number) {
    String begin = "-----BEGIN ";
    if (!line.startsWith(begin, start)) {
      return -1;
    }
    int end = line.indexOf("-----", start + begin.length());
    if (end < 0 || end - start > 60) {
      return -1;
    }
    String label = line.substring(start + begin.length(), end);
    // The label alone appears in programs that read keys; a key's file or text has nothing behind.
    if (label.endsWith("PRIVATE KEY")
        && (line.substring(end + 5).isBlank() || line.startsWith("\\n", end + 5))) {
      found.accept(new Secret("private key", number, "-----BEGIN …"));
      return end + 5;
    }
    return -1;
  }

  /** {@code scheme://user:password@host}, seen from the colon of the scheme. */
  private int addressPassword(String line, int colon, int number) {
    if (!line.startsWith("://", colon) || colon == 0) {
      return -1;
    }
    int user = colon + 3;
    int password = -1;
    for (int i = user; i < line.length() && i - user < 256; i++) {
      char c = line.charAt(i);
      if (c == '@') {
        if (password < 0 || i - password < 4 || isPlaceholder(line.substring(password, i))) {
          return -1;
        }
        report("password in an address", number, line, password, i);
        return i;
      }
      if (c == ':' && password < 0) {
        password = i + 1;
      } else if (Character.isWhitespace(c) || "/\"'<>{}$()?#".indexOf(c) >= 0) {
        return -1;
      }
    }
    return -1;
  }

  /** A quoted value behind {@code name =} or {@code name:}, seen from its opening quote. */
  private int assignedValue(String line, int open, int number) {
    int end = open + 1;
    int stop = Math.min(line.length(), open + MAX_VALUE + 2);
    while (end < stop && isValuePart(line.charAt(end))) {
      end++;
    }
    boolean closed = end < stop && line.charAt(end) == line.charAt(open);
    int length = end - open - 1;
    if (!closed || length < MIN_VALUE || !namesSecret(line, open)) {
      return -1;
    }
    String value = line.substring(open + 1, end);
    if (isPlaceholder(value) || !looksRandom(value)) {
      return -1;
    }
    report("random value named as a secret", number, line, open + 1, end);
    return end;
  }

  private static boolean namesSecret(String line, int quote) {
    int i = quote - 1;
    while (i >= 0 && quote - i < 8 && " =:>(\t".indexOf(line.charAt(i)) >= 0) {
      i--;
    }
    boolean assigned =
        line.substring(i + 1, quote).indexOf('=') >= 0
            || line.substring(i + 1, quote).indexOf(':') >= 0;
    if (!assigned || i < 0) {
      return false;
    }
    int last = i;
    while (i >= 0
        && last - i < 64
        && (isWordPart(line.charAt(i)) || "-.\"'".indexOf(line.charAt(i)) >= 0)) {
      i--;
    }
    String name =
        line.substring(i + 1, last + 1).toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
    return NAMES.stream().anyMatch(name::contains);
  }

  private static boolean looksRandom(String value) {
    boolean digit = false;
    boolean letter = false;
    for (int i = 0; i < value.length(); i++) {
      digit |= Character.isDigit(value.charAt(i));
      letter |= Character.isLetter(value.charAt(i));
    }
    return digit && letter && entropyBits(value) >= MIN_ENTROPY_BITS;
  }

  /** Shannon entropy of the characters of an ASCII text in bits per character. */
  static double entropyBits(String value) {
    int[] counts = new int[128];
    for (int i = 0; i < value.length(); i++) {
      counts[value.charAt(i) & 127]++;
    }
    double bits = 0;
    for (int count : counts) {
      if (count > 0) {
        double share = (double) count / value.length();
        bits -= share * Math.log(share) / Math.log(2);
      }
    }
    return bits;
  }

  private static boolean isPlaceholder(String value) {
    String lower = value.toLowerCase(Locale.ROOT);
    return PLACEHOLDERS.stream().anyMatch(lower::contains);
  }

  private static boolean isValuePart(char c) {
    return isWordPart(c) || "+/=-.~!@#%^&*".indexOf(c) >= 0;
  }

  private static boolean isWordPart(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  }

  private void report(String kind, int number, String line, int start, int end) {
    // Short values would be told by four characters, so they show one.
    int shown = end - start >= 4 * SHOWN ? SHOWN : 1;
    String redacted = line.substring(start, start + shown) + "… (" + (end - start) + " characters)";
    found.accept(new Secret(kind, number, redacted));
  }
}
