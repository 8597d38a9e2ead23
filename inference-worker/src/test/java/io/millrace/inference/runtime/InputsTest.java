package io.millrace.inference.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import io.millrace.inference.fixture.Tensors;
import io.millrace.inference.repository.Signature;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class InputsTest {

  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              new TensorSignature("a", TensorDatatype.INT32, List.of(-1L, 2L)),
              new TensorSignature("b", TensorDatatype.BYTES, List.of(-1L, -1L))),
          List.of(),
          8);

  private static final Tensor A = Tensors.ints("a", List.of(2L, 2L), 1, 2, 3, 4);
  private static final Tensor B = Tensors.texts("b", List.of(2L, 1L), "x", "y");

  private static Inputs check(Tensor... given) {
    return Inputs.check("model:m@1", SIGNATURE, List.of(given));
  }

  private static void refused(String message, Tensor... given) {
    assertThatThrownBy(() -> check(given))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.code()).isEqualTo("INPUT_INVALID"))
        .hasMessageContaining(message);
  }

  @Test
  void soundInputsArePutInOrder() {
    Inputs inputs = check(B, A);
    assertThat(inputs.tensors()).containsExactly(A, B);
    assertThat(inputs.rows()).isEqualTo(2);
    assertThat(inputs.shape()).isEqualTo(check(A, B).shape());
    assertThat(inputs.shape())
        .isNotEqualTo(check(A, Tensors.texts("b", List.of(2L, 2L), "1", "2", "3", "4")).shape());
  }

  @Test
  void whatIsWrongIsNamed() {
    refused("input 'b' is missing", A);
    refused("input 'a' is given twice", A, A, B);
    refused("unknown inputs [c]", A, B, Tensors.ints("c", List.of(1L), 1));
    refused(
        "input 'a' has datatype FP32; expected INT32",
        Tensors.floats("a", List.of(2L, 2L), 1, 2, 3, 4),
        B);
    refused("input 'a' has shape [4]", Tensors.ints("a", List.of(4L), 1, 2, 3, 4), B);
    refused("input 'a' has shape [1, 4]", Tensors.ints("a", List.of(1L, 4L), 1, 2, 3, 4), B);
    refused(
        "input 'a' has 12 bytes; 4 elements of INT32 (shape [2, 2]) take 16",
        Tensors.ints("a", List.of(2L, 2L), 1, 2, 3),
        B);
    refused("input 'a' has no rows", Tensors.ints("a", List.of(0L, 2L)), B);
    refused(
        "input 'b' has 1 rows, but input 'a' has 2", A, Tensors.texts("b", List.of(1L, 1L), "x"));
    refused(
        "input 'b' has 2 elements; its shape [2, 2] has 4",
        A,
        Tensors.texts("b", List.of(2L, 2L), "x", "y"));
  }

  @Test
  void aTensorOfManyElementsInFewBytesIsRefusedAtOnce() {
    refused(
        "input 'a' has 10 bytes",
        Tensors.raw("a", TensorDatatype.INT32, List.of(1L << 30, 2L), 10),
        B);
    // Its 4 GiB are 0 bytes to whoever counts them in an int.
    refused(
        "input 'a' has 0 bytes; 1073741824 elements",
        Tensors.raw("a", TensorDatatype.INT32, List.of(1L << 29, 2L), 0),
        B);
    refused(
        "input 'a' has 0 bytes; too many elements",
        Tensors.raw("a", TensorDatatype.INT32, List.of(Long.MAX_VALUE, 2L), 0),
        B);
    refused(
        "too many to count",
        A,
        Tensors.raw("b", TensorDatatype.BYTES, List.of(2L, Long.MAX_VALUE), 0));
    refused("has shape [-1, 2]", Tensors.raw("a", TensorDatatype.INT32, List.of(-1L, 2L), 0), B);
  }

  @Test
  void textsThatAreCutOffAreRefused() {
    ByteBuffer whole = B.getData().duplicate();
    whole.limit(whole.limit() - 1);
    refused(
        "input 'b' is cut off", A, new Tensor("b", TensorDatatype.BYTES, List.of(2L, 1L), whole));
    ByteBuffer negative = ByteBuffer.wrap(new byte[] {-1, -1, -1, -1});
    refused(
        "input 'b' is cut off",
        A,
        new Tensor("b", TensorDatatype.BYTES, List.of(1L, 1L), negative));
  }

  @Property
  void theNumberOfElementsIsExactOrRefused(@ForAll List<Long> shape) {
    BigInteger exact = BigInteger.ONE;
    boolean negative = false;
    for (long length : shape) {
      negative |= length < 0;
      exact = exact.multiply(BigInteger.valueOf(length));
    }
    long count = Elements.count(shape);
    if (negative || exact.bitLength() > 63) {
      assertThat(count).isEqualTo(-1);
    } else {
      assertThat(count).isEqualTo(exact.longValueExact());
    }
  }

  @Property
  void anyBytesAreTextsOrNot(@ForAll byte[] bytes) {
    assertThat(Elements.texts(ByteBuffer.wrap(bytes))).isGreaterThanOrEqualTo(-1);
  }
}
