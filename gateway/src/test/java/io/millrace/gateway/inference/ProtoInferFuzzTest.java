package io.millrace.gateway.inference;

import static io.millrace.gateway.GrpcClient.field;
import static io.millrace.gateway.GrpcClient.join;
import static io.millrace.gateway.GrpcClient.texts;
import static io.millrace.gateway.inference.ProtoInferReaderTest.contents;
import static io.millrace.gateway.inference.ProtoInferReaderTest.input;
import static io.millrace.gateway.inference.ProtoInferReaderTest.packed;
import static io.millrace.gateway.inference.ProtoInferReaderTest.shape;
import static io.millrace.gateway.inference.ProtoInferReaderTest.varints;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.gateway.http.Refusal;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a call by gRPC holds, it is a request or a refusal that is the client's fault. */
class ProtoInferFuzzTest {
  private static final int MAX = 1 << 16;

  private static final byte[] REQUEST =
      join(
          texts(1, "m", 2, "1", 3, "i"),
          field(4, join(texts(1, "p"), field(2, varints(2, 1)))),
          input("INT32", shape(2, 2), contents(field(2, packed(1, 2, 3, 4)))),
          field(
              5,
              join(
                  texts(1, "b", 2, "BYTES"),
                  shape(2),
                  contents(join(texts(8, "hi"), texts(8, "ho"))))),
          field(6, texts(1, "y")));

  @Example
  void noBeginningOfARequestIsAnythingButARefusal() {
    for (int length = 0; length < REQUEST.length; length++) {
      check(Arrays.copyOf(REQUEST, length));
    }
    assertThat(ProtoInferReader.read(REQUEST, MAX).request().inputs()).hasSize(2);
  }

  @Property(tries = 20_000)
  void aBrokenRequestIsRefused(@ForAll Random random) {
    byte[] broken = REQUEST.clone();
    List<Integer> places = random.ints(1 + random.nextInt(6), 0, broken.length).boxed().toList();
    for (int place : places) {
      broken[place] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(64));
    }
    check(random.nextInt(4) == 0 ? Arrays.copyOf(broken, random.nextInt(broken.length)) : broken);
  }

  private static void check(byte[] message) {
    try {
      assertThat(ProtoInferReader.read(message, MAX).request().inputs()).isNotEmpty();
    } catch (Refusal refusal) {
      assertThat(refusal.status()).isIn(400, 413);
      assertThat(refusal.message()).isNotBlank().hasSizeLessThan(1_000);
    }
  }
}
