package io.millrace.gateway.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.gateway.http.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a body holds, it is a request or a refusal that is the client's fault. */
class InferRequestFuzzTest {
  private static final int MAX = 1 << 16;
  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "0",
    "-1",
    "1e999",
    "NaN",
    "true",
    "null",
    "\"name\":",
    "\"x\"",
    "\"shape\":",
    "[2147483648]",
    "\"datatype\":",
    "\"FP32\"",
    "\"BYTES\"",
    "\"data\":",
    "\"parameters\":{\"binary_data_size\":",
    "9223372036854775807",
    "\"inputs\":[",
    "\u0000",
    "é"
  };
  private static final String REQUEST =
      "{\"id\":\"i\",\"parameters\":{\"p\":1},\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":"
          + "\"INT64\",\"data\":[[1,2],[3,4]]},{\"name\":\"b\",\"shape\":[1],\"datatype\":\"BYTES\","
          + "\"parameters\":{\"binary_data_size\":5}}],\"outputs\":[{\"name\":\"y\"}]}";

  @Property(tries = 20_000)
  void aBrokenRequestIsRefused(@ForAll Random random) {
    byte[] json = broken(random);
    byte[] body = new byte[json.length + random.nextInt(12)];
    random.nextBytes(body);
    System.arraycopy(json, 0, body, 0, json.length);
    try {
      InferRequest request = InferRequestReader.read(body, json.length, MAX);
      assertThat(request.inputs()).isNotEmpty();
    } catch (Refusal refusal) {
      assertThat(refusal.status()).isIn(400, 413);
      assertThat(refusal.message()).isNotBlank().hasSizeLessThan(1_000);
    }
  }

  private static byte[] broken(Random random) {
    StringBuilder text = new StringBuilder(random.nextInt(8) == 0 ? "" : REQUEST);
    for (int i = random.nextInt(6); i >= 0; i--) {
      int at = random.nextInt(text.length() + 1);
      String piece = PIECES[random.nextInt(PIECES.length)];
      switch (random.nextInt(3)) {
        case 0 -> text.insert(at, piece);
        case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(12)));
        default -> text.replace(at, Math.min(text.length(), at + piece.length()), piece);
      }
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0 && random.nextInt(4) == 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return bytes;
  }
}
