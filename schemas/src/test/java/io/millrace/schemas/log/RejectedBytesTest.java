package io.millrace.schemas.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Rejection;
import io.millrace.schemas.topics.Topic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RejectedBytesTest {

  @Test
  void whatFitsIsKeptWhole() {
    byte[] key = "k".getBytes(StandardCharsets.UTF_8);
    byte[] value = new byte[9 << 20];
    RejectedBytes kept = RejectedBytes.of(key, value, "why");

    assertThat(kept.key()).isEqualTo(ByteBuffer.wrap(key));
    assertThat(kept.value()).isEqualTo(ByteBuffer.wrap(value));
    assertThat(kept.message()).isEqualTo("why");
    assertThat(RejectedBytes.of(null, null, "why")).isEqualTo(new RejectedBytes(null, null, "why"));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 20000000, 10",
    "20000000, 1, 10",
    "20000000, 20000000, 1000000",
    "0, 10420222, 4000"
  })
  void whatDoesNotFitIsCutSoThatTheRejectionDoes(int key, int value, int message) throws Exception {
    RejectedBytes kept = RejectedBytes.of(new byte[key], new byte[value], "\u20ac".repeat(message));

    Rejection rejection =
        Rejection.newBuilder()
            .setKeyBytes(kept.key())
            .setValueBytes(kept.value())
            .setMessage(kept.message())
            .setTenant("\u20ac".repeat(200))
            .setOperationId("\u20ac".repeat(200))
            .build();
    var out = new java.io.ByteArrayOutputStream();
    var encoder = EncoderFactory.get().binaryEncoder(out, null);
    new SpecificDatumWriter<>(Rejection.class).write(rejection, encoder);
    encoder.flush();
    assertThat(out.size()).isLessThan(Topic.REJECTION_BYTES_MAX - 16_384);
    if (value > Topic.REJECTION_BYTES_MAX) {
      assertThat(kept.message()).contains(" of " + value + " bytes of the value are kept");
    }
  }
}
