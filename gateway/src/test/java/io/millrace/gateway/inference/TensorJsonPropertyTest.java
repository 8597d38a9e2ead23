package io.millrace.gateway.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.ServedBy;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.schemas.serde.AvroSafety;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Outputs that were written as JSON or as raw bytes are read as inputs with the same bytes. */
class TensorJsonPropertyTest {
  static {
    AvroSafety.establish();
  }

  @Property(tries = 2_000)
  void everyElementComesBackBitForBit(@ForAll TensorDatatype type, @ForAll Random random) {
    if (type == TensorDatatype.UNKNOWN) {
      return;
    }
    int count = random.nextInt(20);
    Tensor output =
        new Tensor("x", type, List.of((long) count), ByteBuffer.wrap(bytes(type, count, random)));
    boolean binary = random.nextBoolean();
    InferRequest request =
        new InferRequest(
            null, Map.of(InferRequest.BINARY_OUTPUT, String.valueOf(binary)), List.of(), List.of());
    InferenceResult result =
        InferenceResult.newBuilder()
            .setOutcome(Outcome.OK)
            .setServedBy(ServedBy.WORKER)
            .setOutputs(List.of(output))
            .build();

    InferResponse response = InferResponse.of("m", request, result);

    String json = response.body().getString(0, response.jsonLength());
    String asked = json.replace("\"outputs\":", "\"inputs\":");
    byte[] body =
        Buffer.buffer(asked)
            .appendBuffer(response.body().slice(response.jsonLength(), response.body().length()))
            .getBytes();
    Tensor read =
        InferRequestReader.read(body, asked.getBytes(StandardCharsets.UTF_8).length, 1 << 20)
            .inputs()
            .get(0);
    assertThat(read).isEqualTo(output);
  }

  private static byte[] bytes(TensorDatatype type, int count, Random random) {
    TensorBytes bytes = new TensorBytes(1 << 20);
    for (int i = 0; i < count; i++) {
      switch (type) {
        case BOOL -> bytes.putByte(random.nextInt(2));
        case INT8, UINT8 -> bytes.putByte(random.nextInt());
        case INT16, UINT16 -> bytes.putShort(random.nextInt());
        case INT32, UINT32 -> bytes.putInt(random.nextInt());
        case INT64, UINT64 -> bytes.putLong(random.nextLong() >> random.nextInt(64));
        case FP16 -> bytes.putShort(HalfFloats.toHalf((float) random.nextGaussian() * 1e-3f));
        case BF16 -> bytes.putShort(HalfFloats.toBfloat((float) random.nextGaussian() * 1e30f));
        case FP32 -> bytes.putFloat(finite(Float.intBitsToFloat(random.nextInt())));
        case FP64 -> bytes.putDouble(finite(Double.longBitsToDouble(random.nextLong())));
        default -> bytes.putBytes("å".repeat(random.nextInt(3)).getBytes(StandardCharsets.UTF_8));
      }
    }
    ByteBuffer done = bytes.done();
    byte[] copy = new byte[done.remaining()];
    done.get(copy);
    return copy;
  }

  private static float finite(float value) {
    return Float.isFinite(value) ? value : 1;
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 1;
  }
}
