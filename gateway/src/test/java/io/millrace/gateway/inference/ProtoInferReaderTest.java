package io.millrace.gateway.inference;

import static io.millrace.gateway.GrpcClient.field;
import static io.millrace.gateway.GrpcClient.join;
import static io.millrace.gateway.GrpcClient.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.gateway.http.Refusal;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests by gRPC as they may be, and as they may not. */
class ProtoInferReaderTest {
  private static final int MAX = 1 << 16;
  private static final byte[] NONE = {};

  private static ProtoInferReader.Asked read(byte[]... parts) {
    return ProtoInferReader.read(join(parts), MAX);
  }

  static byte[] varints(int number, long... values) {
    Field.Builder field = Field.newBuilder();
    for (long value : values) {
      field.addVarint(value);
    }
    return UnknownFieldSet.newBuilder().addField(number, field.build()).build().toByteArray();
  }

  /** Varints without a field: what a packed field holds. */
  static byte[] packed(long... values) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (long value : values) {
      byte[] one = varints(1, value);
      bytes.write(one, 1, one.length - 1);
    }
    return bytes.toByteArray();
  }

  static byte[] input(String datatype, byte[] shape, byte[]... more) {
    return field(5, join(texts(1, "x", 2, datatype), shape, join(more)));
  }

  static byte[] shape(long... dimensions) {
    return dimensions.length == 0 ? NONE : field(3, packed(dimensions));
  }

  static byte[] contents(byte[] contents) {
    return field(5, contents);
  }

  private static byte[] bytes(Tensor tensor) {
    byte[] bytes = new byte[tensor.getData().remaining()];
    tensor.getData().duplicate().get(bytes);
    return bytes;
  }

  @Test
  void aRequestIsReadWhole() {
    byte[] parameters =
        join(
            field(4, join(texts(1, "flag"), field(2, varints(1, 1)))),
            field(4, join(texts(1, "number"), field(2, varints(2, -5)))),
            field(4, join(texts(1, "text"), field(2, texts(3, "a\"b")))),
            field(4, join(texts(1, "large"), field(2, varints(5, -1)))));

    ProtoInferReader.Asked asked =
        read(
            texts(1, "m", 2, "3", 3, "mine"),
            parameters,
            input("INT8", shape(2, 1)),
            field(6, texts(1, "y")),
            field(7, new byte[] {7, -1}));

    assertThat(asked.model()).isEqualTo("m");
    assertThat(asked.version()).isEqualTo("3");
    assertThat(asked.request().id()).isEqualTo("mine");
    assertThat(asked.request().parameters())
        .isEqualTo(
            Map.of(
                "flag", "true",
                "number", "-5",
                "text", "\"a\\\"b\"",
                "large", "18446744073709551615"));
    Tensor tensor = asked.request().inputs().get(0);
    assertThat(tensor.getName()).isEqualTo("x");
    assertThat(tensor.getDatatype()).isEqualTo(TensorDatatype.INT8);
    assertThat(tensor.getShape()).containsExactly(2L, 1L);
    assertThat(bytes(tensor)).containsExactly(7, -1);
    assertThat(asked.request().outputs()).containsExactly(new InferRequest.Output("y", null));
  }

  static Stream<Arguments> typed() {
    return Stream.of(
        Arguments.of("BOOL", field(1, packed(1, 0)), new byte[] {1, 0}),
        Arguments.of("INT8", field(2, packed(-128, 127)), new byte[] {-128, 127}),
        Arguments.of("INT8", varints(2, -128, 127), new byte[] {-128, 127}),
        Arguments.of("INT16", field(2, packed(-2, 258)), new byte[] {-2, -1, 2, 1}),
        Arguments.of("INT32", field(2, packed(-1, 1)), new byte[] {-1, -1, -1, -1, 1, 0, 0, 0}),
        Arguments.of("INT64", join(field(3, packed(-1)), varints(3, 1)), join(ones(8), longOne())),
        Arguments.of("UINT8", field(4, packed(0, 255)), new byte[] {0, -1}),
        Arguments.of("UINT16", field(4, packed(65_535, 1)), new byte[] {-1, -1, 1, 0}),
        Arguments.of(
            "UINT32", field(4, packed(0xFFFFFFFFL, 1)), new byte[] {-1, -1, -1, -1, 1, 0, 0, 0}),
        Arguments.of("UINT64", field(5, packed(-1, 1)), join(ones(8), longOne())),
        Arguments.of("FP32", field(6, ones(8)), ones(8)),
        Arguments.of("FP64", field(7, ones(16)), ones(16)),
        Arguments.of(
            "BYTES",
            join(texts(8, "hi"), texts(8, "")),
            new byte[] {2, 0, 0, 0, 'h', 'i', 0, 0, 0, 0}));
  }

  private static byte[] ones(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) -1);
    return bytes;
  }

  private static byte[] longOne() {
    return new byte[] {1, 0, 0, 0, 0, 0, 0, 0};
  }

  @ParameterizedTest
  @MethodSource("typed")
  void everyDatatypeHasItsContents(String datatype, byte[] contents, byte[] expected) {
    Tensor tensor = read(input(datatype, shape(2), contents(contents))).request().inputs().get(0);

    assertThat(bytes(tensor)).isEqualTo(expected);
  }

  @Test
  void theOrderOfFieldsIsFree() {
    byte[] shuffled =
        field(
            5,
            join(
                contents(field(2, packed(1))),
                texts(2, "INT8"),
                contents(field(2, packed(2))),
                varints(3, 2),
                texts(1, "x")));

    assertThat(bytes(read(shuffled).request().inputs().get(0))).containsExactly(1, 2);
  }

  static Stream<Arguments> hostile() {
    byte[] one = contents(field(2, packed(1)));
    byte[] nested = new byte[100_000];
    Arrays.fill(nested, (byte) 0x43);
    byte[] many = new byte[2 * 30_000];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = 0x2A;
    }
    return Stream.of(
        Arguments.of("inputs: expected at least one", texts(1, "m")),
        Arguments.of("inputs[0].name: is missing", field(5, texts(2, "INT8"))),
        Arguments.of("inputs[0].datatype: is missing", field(5, texts(1, "x"))),
        Arguments.of("inputs[0].datatype: 'INT7' is no datatype", input("INT7", shape(1), one)),
        Arguments.of("inputs[0].contents: is missing", input("INT8", shape(1))),
        Arguments.of(
            "inputs[0].contents.int_contents: has 1 elements, but shape [2147483648] has 2147483648",
            input("INT8", shape(1L << 31), one)),
        Arguments.of(
            "inputs[0].shape: [4611686018427387904,4] has more elements than can be counted",
            input("INT8", shape(1L << 62, 4), one)),
        Arguments.of(
            "raw_input_contents[0]: is 10 bytes, but FP32 of shape [2147483648] is 2147483648",
            join(input("FP32", shape(1L << 31)), field(7, new byte[10]))),
        Arguments.of("inputs[0].shape: has the dimension -1", input("INT8", shape(-1), one)),
        Arguments.of(
            "inputs[0].shape: has more than 64 dimensions",
            input("INT8", shape(new long[65]), one)),
        Arguments.of(
            "inputs[0].contents.int_contents: has more than the 1 elements of shape [1]",
            input("INT8", shape(1), contents(field(2, packed(1, 2))))),
        Arguments.of(
            "inputs[0].contents.int_contents[1]: expected a whole number that INT8 can hold, but 128",
            input("INT8", shape(2), contents(field(2, packed(1, 128))))),
        Arguments.of(
            "inputs[0].contents.uint_contents[0]: expected a whole number that UINT8 can hold",
            input("UINT8", shape(1), contents(field(4, packed(256))))),
        Arguments.of(
            "inputs[0].contents.fp32_contents: is given, but elements of INT8 are sent in int_contents",
            input("INT8", shape(1), contents(field(6, new byte[4])))),
        Arguments.of(
            "inputs[0].contents.fp32_contents: is of the wire type 0",
            input("FP32", shape(1), contents(varints(6, 1)))),
        Arguments.of(
            "inputs[0].contents: is no such message of protobuf",
            input("FP32", shape(1), contents(field(6, new byte[3])))),
        Arguments.of(
            "inputs[0].contents: FP16 has no typed contents",
            input("FP16", shape(1), contents(NONE))),
        Arguments.of(
            "raw_input_contents: has 2 items, but there are 1 inputs",
            join(input("INT8", shape(1)), field(7, new byte[1]), field(7, new byte[1]))),
        Arguments.of(
            "raw_input_contents[0]: is given beside inputs[0].contents",
            join(input("INT8", shape(1), one), field(7, new byte[1]))),
        Arguments.of(
            "raw_input_contents[0]: element 0 of BYTES does not end",
            join(input("BYTES", shape(1)), field(7, new byte[] {9, 0, 0, 0, 'a'}))),
        Arguments.of(
            "inputs[0].parameters.shared_memory_region: this extension is not supported",
            input(
                "INT8",
                shape(1),
                field(4, join(texts(1, "shared_memory_region"), field(2, texts(3, "r")))))),
        Arguments.of("parameters.p: has no value", field(4, texts(1, "p"))),
        Arguments.of(
            "parameters.p: expected a number that is finite, but NaN is given",
            field(
                4,
                join(
                    texts(1, "p"),
                    field(2, new byte[] {0x21, 0, 0, 0, 0, 0, 0, (byte) 0xF8, 0x7F})))),
        Arguments.of(
            "outputs[0].name: is missing", join(input("INT8", shape(1), one), field(6, NONE))),
        Arguments.of("model_name: is no such message", new byte[] {0x0A, 1, (byte) 0xFF}),
        Arguments.of("inputs[0].name: is no such message", new byte[] {0x2A, 3, 0x0A, 9, 'x'}),
        Arguments.of("raw_input_contents[0]: is no such", new byte[] {0x3A, (byte) 0x80, 1, 1}),
        Arguments.of("inputs: has more than 1000 items", many),
        Arguments.of("the request: is no such message", nested),
        Arguments.of("the request: is no such message", new byte[] {0}),
        Arguments.of("the request: is no such message", new byte[] {(byte) 0xFF}));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void whatCannotBeIsRefusedByItsField(String error, byte[] message) {
    assertThatThrownBy(() -> ProtoInferReader.read(message, MAX))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith(error);
  }

  @Test
  void moreBytesThanTheLimitAreRefusedHoweverSmallTheyWere() {
    // An element of BYTES takes two bytes on the wire and four in the tensor.
    byte[] empties = new byte[2 * 20_000];
    for (int i = 0; i < empties.length; i += 2) {
      empties[i] = 0x42;
    }
    assertThatThrownBy(() -> read(input("BYTES", shape(20_000), contents(empties))))
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(413));
  }
}
